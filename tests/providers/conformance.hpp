#pragma once

#include "core/engine/provider.hpp"
#include "tests/support/sim_world.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace accessd::test {

/// What may befall the next call to the vendor's API (not to its token endpoint).
enum class Trouble : std::uint8_t {
    throttled_seconds, ///< 429, Retry-After in seconds
    throttled_date,    ///< 429, Retry-After as a date
    throttled_bare,    ///< 429 without a hint
    unavailable,       ///< 503 without a hint, not applied
    failed,            ///< 500, not applied
    reply_lost,        ///< applied, and the connection closes before the answer
    request_lost,      ///< the connection closes before the vendor saw the request
    token_expired,     ///< 401 for the present token; a new one is good
    token_refused,     ///< 401 for every token
    malformed,         ///< applied, and the answer is 200 with half a JSON document
    html,              ///< applied, and the answer is 200 with a web page
    oversized,         ///< applied, and the answer is longer than the transport reads
    late,              ///< applied, and the answer comes after the deadline
};

std::string_view to_string(Trouble trouble);

/// A provider over its played vendor, with one person and one group: what the suite needs to know of a
/// system.
class ProviderRig {
public:
    virtual ~ProviderRig() = default;

    virtual SimWorld& world() = 0;
    virtual Provider& provider() = 0;
    virtual void befall(Trouble trouble) = 0; ///< the next call; token_refused: until the rig ends

    /// The person is active and not in the group; the ids are the vendor's.
    virtual AccessKey key() const = 0;
    virtual std::string address() const = 0;
    virtual std::string group() const = 0;

    virtual std::string ambiguous_address() const = 0; ///< empty where the vendor's addresses are unique
    virtual std::string disabled_address() const = 0;
    virtual std::string ambiguous_group() const = 0; ///< empty where the vendor's names are unique

    /// The vendor's own truth about key().
    virtual bool is_member() = 0;
    virtual std::size_t token_fetches() const = 0;
    virtual std::size_t api_calls() const = 0;
    /// Acts of the vendor that must never happen: people or groups deleted, calls its description forbids.
    virtual std::size_t catastrophes() = 0;
};

using RigMaker = std::function<std::unique_ptr<ProviderRig>()>;

/// Holds a provider to the contracts of core/engine/provider.hpp, each case on a fresh rig.
void check_contract(const RigMaker& make);

/// The same for everything that can go wrong on the way to the vendor and back.
void check_contract_in_trouble(const RigMaker& make);

/// A deadline half a minute from now.
TimePoint soon(ProviderRig& rig);

/// Asio of Boost 1.81 wants to default-construct what a spawned coroutine returns, which a Result cannot be.
template <class T> Task<std::optional<T>> boxed(Task<T> task) {
    std::optional<T> value(co_await std::move(task));
    co_return value;
}

/// Runs one call of a provider to its end.
template <class T> T finish(ProviderRig& rig, Task<T> task) {
    return rig.world().run(boxed(std::move(task))).value();
}

} // namespace accessd::test
