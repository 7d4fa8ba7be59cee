#pragma once

#include "core/support/task.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <list>
#include <memory>

namespace accessd {

/// Owns coroutines that run beside their starter. They must end (or the whole world be destroyed) before the
/// group dies. Loop thread only. A member of an object, never a local of the coroutine that waits for it:
/// that frame would own itself.
class TaskGroup {
public:
    /// `on_bug` gets what a child threw: an exception is a programmer's error. A child that ends by being
    /// cancelled is no bug.
    TaskGroup(boost::asio::any_io_executor executor, std::function<void(std::exception_ptr)> on_bug);
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;

    void spawn(Task<> task);

    std::size_t size() const;

    /// Asks every child to end. New ones may still be spawned. To be called by a handler of the executor:
    /// elsewhere the request is posted, and a child that ends first leaves it nothing to go to (Asio 1.81).
    void cancel();

    /// Until fewer than `limit` children are left; at once when it is so. One waiter at a time.
    Task<> wait_below(std::size_t limit);

private:
    class State;

    boost::asio::any_io_executor executor_;
    std::shared_ptr<State> state_;
};

} // namespace accessd
