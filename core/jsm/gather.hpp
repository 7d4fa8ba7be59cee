#pragma once

#include "core/support/handler.hpp"
#include "core/support/task.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace accessd {

namespace detail {

/// What the children of one gather() share. Owned by them and never by the waiting frame, which would keep
/// itself alive when the world ends in mid-flight.
template <class T> class Gathering : public std::enable_shared_from_this<Gathering<T>> {
public:
    Gathering(boost::asio::any_io_executor executor, std::size_t count)
        : executor_(std::move(executor)), signals_(count), values_(count), pending_(count + 1) {}

    boost::asio::cancellation_slot slot(std::size_t index) { return signals_[index].slot(); }

    void wait(StoredHandler<Gathering*> resume) { resume_ = std::move(resume); }

    void cancel(boost::asio::cancellation_type type) {
        for (auto& signal : signals_) {
            signal.emit(type);
        }
    }

    /// One child: its value goes straight into its place, since Asio would need a default to hand it over.
    static Task<bool> run(std::shared_ptr<Gathering> shared, std::size_t index, Task<T> task) {
        T value = co_await std::move(task);
        shared->values_[index].emplace(std::move(value));
        co_return true;
    }

    void done(std::exception_ptr failure) {
        if (failure && !failure_) {
            failure_ = failure;
        }
        leave();
    }

    // The caller is resumed by a post: a child may end before the caller is suspended.
    void leave() {
        if (--pending_ == 0) {
            boost::asio::post(executor_, [self = this->shared_from_this()] {
                StoredHandler<Gathering*> resume;
                std::swap(resume, self->resume_);
                resume(self.get());
            });
        }
    }

    std::vector<T> take() {
        if (failure_) {
            std::rethrow_exception(failure_);
        }
        std::vector<T> values;
        values.reserve(values_.size());
        for (auto& value : values_) {
            values.push_back(std::move(*value));
        }
        return values;
    }

private:
    boost::asio::any_io_executor executor_;
    std::deque<boost::asio::cancellation_signal> signals_; // neither copied nor moved
    std::vector<std::optional<T>> values_;
    std::exception_ptr failure_;
    std::size_t pending_;
    StoredHandler<Gathering*> resume_;
};

template <class T> class GatherStart {
public:
    GatherStart(boost::asio::any_io_executor executor, std::vector<Task<T>> tasks)
        : executor_(std::move(executor)), tasks_(std::move(tasks)) {}

    template <class Handler> void operator()(Handler&& handler) {
        auto shared = std::make_shared<Gathering<T>>(executor_, tasks_.size());
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
            slot.assign([weak = std::weak_ptr<Gathering<T>>(shared)](boost::asio::cancellation_type type) {
                if (auto alive = weak.lock()) {
                    alive->cancel(type);
                }
            });
        }
        shared->wait(store_handler<Gathering<T>*>(std::forward<Handler>(handler)));
        for (std::size_t index = 0; index < tasks_.size(); ++index) {
            boost::asio::co_spawn(
                executor_,
                Gathering<T>::run(shared, index, std::move(tasks_[index])),
                boost::asio::bind_cancellation_slot(
                    shared->slot(index), [shared](std::exception_ptr failure, bool) { shared->done(failure); }
                )
            );
        }
        shared->leave();
    }

private:
    boost::asio::any_io_executor executor_;
    std::vector<Task<T>> tasks_;
};

} // namespace detail

/// Runs the tasks side by side on the caller's executor and returns their values in order when all have
/// ended. Cancelling the caller cancels all of them; an exception of one is rethrown after the last has
/// ended.
template <class T> Task<std::vector<T>> gather(std::vector<Task<T>> tasks) {
    auto executor = co_await boost::asio::this_coro::executor;
    detail::GatherStart<T> start(executor, std::move(tasks));
    // The one who resumes us holds the state until our next suspension.
    auto* state = co_await boost::asio::async_initiate<
        const boost::asio::use_awaitable_t<>,
        void(detail::Gathering<T>*)>(std::move(start), boost::asio::use_awaitable);
    co_return state->take();
}

} // namespace accessd
