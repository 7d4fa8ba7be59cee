#pragma once

#include "core/support/task.hpp"
#include "tests/support/sim_world.hpp"

#include <memory>
#include <utility>

namespace accessd::test {

/// The outcome in a box that can be empty: Asio spawns nothing whose value cannot be made of nothing.
template <class T> Task<std::shared_ptr<T>> in_box(Task<T> task) {
    T value(co_await std::move(task));
    co_return std::make_shared<T>(std::move(value));
}

/// Runs a coroutine to its end.
template <class T> T outcome_of(SimWorld& world, Task<T> task) {
    return std::move(*world.run(in_box(std::move(task))));
}

} // namespace accessd::test
