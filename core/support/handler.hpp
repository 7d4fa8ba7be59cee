#pragma once

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace accessd {

/// A completion handler made copyable and of one type, so that it can be stored. Called at most once.
template <class... Args> using StoredHandler = std::function<void(Args...)>;

/// Asio's any_completion_handler of Boost 1.81 recurses for ever when copied from an lvalue; hence this.
template <class... Args, class Handler> StoredHandler<Args...> store_handler(Handler&& handler) {
    auto held = std::make_shared<std::decay_t<Handler>>(std::forward<Handler>(handler));
    return [held](Args... args) {
        auto once = std::move(*held);
        once(std::move(args)...);
    };
}

} // namespace accessd
