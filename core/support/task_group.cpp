#include "core/support/task_group.hpp"

#include "core/support/parked.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <utility>
#include <vector>

namespace accessd {

class TaskGroup::State {
public:
    using Children = std::list<std::shared_ptr<boost::asio::cancellation_signal>>;

    Children children;
    std::function<void(std::exception_ptr)> on_bug;
    std::shared_ptr<Parked> waiter = std::make_shared<Parked>();
    std::size_t limit = 0;

    void ended(Children::iterator child, std::exception_ptr failure) {
        children.erase(child);
        if (failure && !was_cancelled(failure)) {
            on_bug(failure);
        }
        if (children.size() < limit) {
            waiter->resume(true);
        }
    }

private:
    static bool was_cancelled(const std::exception_ptr& failure) {
        try {
            std::rethrow_exception(failure);
        } catch (const boost::system::system_error& error) {
            return error.code() == boost::asio::error::operation_aborted;
        } catch (...) {
            return false;
        }
    }
};

TaskGroup::TaskGroup(boost::asio::any_io_executor executor, std::function<void(std::exception_ptr)> on_bug)
    : executor_(std::move(executor)), state_(std::make_shared<State>()) {
    state_->on_bug = std::move(on_bug);
}

void TaskGroup::spawn(Task<> task) {
    auto& children = state_->children;
    const auto child = children.insert(children.end(), std::make_shared<boost::asio::cancellation_signal>());
    boost::asio::co_spawn(
        executor_,
        std::move(task),
        boost::asio::bind_cancellation_slot(
            (*child)->slot(),
            [state = state_, child](std::exception_ptr failure) { state->ended(child, failure); }
        )
    );
}

std::size_t TaskGroup::size() const {
    return state_->children.size();
}

void TaskGroup::cancel() {
    // Children may end, and start others, inside emit().
    const std::vector<std::shared_ptr<boost::asio::cancellation_signal>> signals(
        state_->children.begin(), state_->children.end()
    );
    for (const auto& signal : signals) {
        signal->emit(boost::asio::cancellation_type::terminal);
    }
}

Task<> TaskGroup::wait_below(std::size_t limit) {
    if (state_->children.size() < limit) {
        co_return;
    }
    state_->limit = limit;
    std::weak_ptr<Parked> waiter = state_->waiter;
    co_await park(std::move(waiter));
}

} // namespace accessd
