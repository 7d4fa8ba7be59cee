#pragma once

#include "core/model/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace accessd {

/// The closed set of what can go wrong with a call. Who acts on it:
enum class Fault : std::uint8_t {
    transient,  ///< network, timeout, 5xx: the state machine tries again later
    throttled,  ///< the vendor asked to wait until `retry_at`; does not count as an attempt
    credential, ///< our own credential was refused: the application pauses, an admin must act
    permanent,  ///< asking again cannot help: grants park, revokes go on with slow retries
};

std::string_view to_string(Fault fault);

/// What is known about the effect of the call that failed.
enum class Effect : std::uint8_t {
    none,    ///< the vendor did not act: refused, or the request was never sent
    unknown, ///< it may have been applied, now or later
};

/// An error is a value: a fault class, a stable code ("entra.group_not_found") and one sentence that tells an
/// admin what is wrong and what to do. It never carries a secret or an unescaped vendor text over 256 bytes.
class Error {
public:
    Error(Fault fault, std::string code, std::string message)
        : fault_(fault), code_(std::move(code)), message_(std::move(message)) {}

    /// Wait until `when` and ask again.
    static Error throttled_until(TimePoint when, std::string code, std::string message);

    Fault fault() const { return fault_; }

    Effect effect() const { return effect_; }

    const std::string& code() const { return code_; }

    const std::string& message() const { return message_; }

    std::optional<TimePoint> retry_at() const { return retry_at_; }

    Error& with_effect(Effect effect) &;
    Error&& with_effect(Effect effect) &&;
    Error& with_retry_at(TimePoint when) &;
    Error&& with_retry_at(TimePoint when) &&;

private:
    Fault fault_;
    Effect effect_ = Effect::none;
    std::string code_;
    std::string message_;
    std::optional<TimePoint> retry_at_;
};

/// A value or an Error. Shaped like std::expected, which this compiler does not have.
template <class T> class [[nodiscard]] Result {
public:
    using value_type = T;

    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}

    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    bool has_value() const { return state_.index() == 0; }

    explicit operator bool() const { return has_value(); }

    T& operator*() & { return std::get<0>(state_); }

    const T& operator*() const& { return std::get<0>(state_); }

    T&& operator*() && { return std::get<0>(std::move(state_)); }

    T* operator->() { return &std::get<0>(state_); }

    const T* operator->() const { return &std::get<0>(state_); }

    Error& error() & { return std::get<1>(state_); }

    const Error& error() const& { return std::get<1>(state_); }

    Error&& error() && { return std::get<1>(std::move(state_)); }

private:
    std::variant<T, Error> state_;
};

/// The value of a Result that has none.
class Done {
public:
    Done() = default;
};

/// How a write ended. "Already so" is a success.
enum class Applied : std::uint8_t { changed, already_so };

} // namespace accessd
