#include "core/support/task_group.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <utility>
#include <vector>

namespace accessd {

class TaskGroup::State {
public:
    using Children = std::list<std::shared_ptr<boost::asio::cancellation_signal>>;

    Children children;
    std::function<void(std::exception_ptr)> on_bug;
    StoredHandler<> resume;
    std::size_t limit = 0;

    void wake() {
        if (resume && children.size() < limit) {
            StoredHandler<> handler;
            std::swap(handler, resume);
            handler();
        }
    }

    void ended(Children::iterator child, std::exception_ptr failure) {
        children.erase(child);
        if (failure && !was_cancelled(failure)) {
            on_bug(failure);
        }
        wake();
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

class TaskGroup::WaitStart {
public:
    WaitStart(std::weak_ptr<State> state, boost::asio::any_io_executor executor)
        : state_(std::move(state)), executor_(std::move(executor)) {}

    template <class Handler> void operator()(Handler&& handler) const {
        auto state = state_.lock();
        if (!state) {
            return;
        }
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
            slot.assign([weak = state_](boost::asio::cancellation_type) {
                if (auto alive = weak.lock(); alive && alive->resume) {
                    StoredHandler<> stored;
                    std::swap(stored, alive->resume);
                    stored();
                }
            });
        }
        // Through the executor: a child may end deep inside somebody else's call.
        auto stored = store_handler<>(std::forward<Handler>(handler));
        state->resume = [stored, executor = executor_] { boost::asio::post(executor, stored); };
    }

private:
    std::weak_ptr<State> state_;
    boost::asio::any_io_executor executor_;
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
    WaitStart start(state_, executor_);
    co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
        start, boost::asio::use_awaitable
    );
}

} // namespace accessd
