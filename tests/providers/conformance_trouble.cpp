#include "core/support/deadline.hpp"
#include "tests/providers/conformance.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>

namespace accessd::test {

namespace {

using namespace std::chrono_literals;

constexpr std::array all_troubles = {
    Trouble::throttled_seconds,
    Trouble::throttled_date,
    Trouble::throttled_bare,
    Trouble::unavailable,
    Trouble::failed,
    Trouble::reply_lost,
    Trouble::request_lost,
    Trouble::token_expired,
    Trouble::token_refused,
    Trouble::malformed,
    Trouble::html,
    Trouble::oversized,
    Trouble::late,
};

/// Did the vendor act although its answer never came, or not readably?
bool applies(Trouble trouble) {
    return trouble == Trouble::reply_lost || trouble == Trouble::malformed || trouble == Trouble::html ||
           trouble == Trouble::oversized || trouble == Trouble::late || trouble == Trouble::token_expired;
}

bool is_throttling(Trouble trouble) {
    return trouble == Trouble::throttled_seconds || trouble == Trouble::throttled_date ||
           trouble == Trouble::throttled_bare;
}

Fault expected_fault(Trouble trouble) {
    if (is_throttling(trouble)) {
        return Fault::throttled;
    }
    return trouble == Trouble::token_refused ? Fault::credential : Fault::transient;
}

enum class Write : std::uint8_t { grant, revoke };

Result<Written> write(ProviderRig& rig, Write what) {
    auto task = what == Write::grant ? rig.provider().grant(rig.key(), soon(rig))
                                     : rig.provider().revoke(rig.key(), soon(rig));
    return finish(rig, std::move(task));
}

/// A rig in which the write has something to do.
std::unique_ptr<ProviderRig> ready_for(Write what, const RigMaker& make) {
    auto rig = make();
    if (what == Write::revoke) {
        REQUIRE(write(*rig, Write::grant).has_value());
    }
    return rig;
}

void check_classified(ProviderRig& rig, Trouble trouble, const Error& error) {
    INFO("code: ", error.code(), ", message: ", error.message());
    CHECK(error.fault() == expected_fault(trouble));
    if (applies(trouble)) {
        CHECK(error.effect() == Effect::unknown);
    }
    if (is_throttling(trouble) || trouble == Trouble::token_refused) {
        CHECK(error.effect() == Effect::none);
    }
    if (is_throttling(trouble)) {
        REQUIRE(error.retry_at().has_value());
        CHECK(*error.retry_at() > rig.world().now());
        CHECK(*error.retry_at() <= rig.world().now() + 1h);
    }
}

/// While a throttled provider waits nobody calls the vendor, and the caller is told at once.
void check_closed_while_throttled(ProviderRig& rig, const Error& error) {
    const auto calls = rig.api_calls();
    const auto early =
        finish(rig, rig.provider().grant(rig.key(), std::min(soon(rig), *error.retry_at() - 1ms)));
    REQUIRE_FALSE(early.has_value());
    CHECK(early.error().fault() == Fault::throttled);
    CHECK(rig.api_calls() == calls);
    rig.world().run_until(*error.retry_at());
}

void check_write(Write what, Trouble trouble, const RigMaker& make) {
    const auto rig = ready_for(what, make);
    const bool before = rig->is_member();
    rig->befall(trouble);
    const auto first = write(*rig, what);
    CHECK(rig->is_member() == (applies(trouble) ? !before : before));
    if (trouble == Trouble::token_expired) {
        REQUIRE(first.has_value());
        CHECK(first->applied == Applied::changed);
        return;
    }
    REQUIRE_FALSE(first.has_value());
    check_classified(*rig, trouble, first.error());
    if (trouble == Trouble::token_refused) {
        return;
    }
    if (is_throttling(trouble)) {
        check_closed_while_throttled(*rig, first.error());
    }
    const auto again = write(*rig, what);
    REQUIRE(again.has_value());
    CHECK(again->applied == (applies(trouble) ? Applied::already_so : Applied::changed));
    CHECK(rig->is_member() == !before);
    CHECK(rig->catastrophes() == 0);
}

void check_look(Depth depth, Trouble trouble, const RigMaker& make) {
    const auto rig = ready_for(Write::revoke, make);
    rig->befall(trouble);
    const auto seen = finish(*rig, rig->provider().look(rig->key(), depth, soon(*rig)));
    if (seen) {
        CHECK(trouble == Trouble::token_expired);
        CHECK(*seen == Holding::present);
        return;
    }
    CHECK(seen.error().fault() == expected_fault(trouble));
}

void check_finds(Trouble trouble, const RigMaker& make) {
    auto rig = make();
    rig->befall(trouble);
    const auto account = finish(*rig, rig->provider().find_account(rig->address(), soon(*rig)));
    CHECK(account.has_value() == (trouble == Trouble::token_expired));
    if (!account) {
        CHECK(account.error().fault() == expected_fault(trouble));
    }
    rig = make();
    rig->befall(trouble);
    const auto entitlement = finish(*rig, rig->provider().find_entitlement(rig->group(), soon(*rig)));
    CHECK(entitlement.has_value() == (trouble == Trouble::token_expired));
    if (!entitlement) {
        CHECK(entitlement.error().fault() == expected_fault(trouble));
    }
}

void check_one_refresh(const RigMaker& make) {
    const auto rig = ready_for(Write::revoke, make);
    const auto fetched = rig->token_fetches();
    rig->befall(Trouble::token_expired);
    const auto revoked = write(*rig, Write::revoke);
    CHECK(revoked.has_value());
    CHECK(rig->token_fetches() == fetched + 1);
}

Task<bool> ends_well(Task<Result<Written>> task) {
    auto written = co_await std::move(task);
    co_return written.has_value();
}

/// Cut short while the vendor is slow, or while the provider itself waits for the vendor's leave.
void check_cancelled(Write what, Trouble waits_for, const RigMaker& make) {
    const auto rig = ready_for(what, make);
    rig->befall(waits_for);
    if (is_throttling(waits_for)) {
        REQUIRE_FALSE(write(*rig, what).has_value());
    }
    auto task = what == Write::grant ? rig->provider().grant(rig->key(), soon(*rig))
                                     : rig->provider().revoke(rig->key(), soon(*rig));
    const auto cut_short =
        rig->world().run(with_deadline(rig->world(), rig->world().now() + 1s, ends_well(std::move(task))));
    CHECK_FALSE(cut_short.has_value());
    const auto again = write(*rig, what);
    CHECK(again.has_value());
}

} // namespace

std::string_view to_string(Trouble trouble) {
    constexpr std::array<std::string_view, all_troubles.size()> names = {
        "throttled_seconds",
        "throttled_date",
        "throttled_bare",
        "unavailable",
        "failed",
        "reply_lost",
        "request_lost",
        "token_expired",
        "token_refused",
        "malformed",
        "html",
        "oversized",
        "late",
    };
    return names[static_cast<std::size_t>(trouble)];
}

void check_contract_in_trouble(const RigMaker& make) {
    for (const Trouble trouble : all_troubles) {
        CAPTURE(to_string(trouble));
        check_write(Write::grant, trouble, make);
        check_write(Write::revoke, trouble, make);
        check_look(Depth::direct, trouble, make);
        check_look(Depth::effective, trouble, make);
        check_finds(trouble, make);
    }
    check_one_refresh(make);
    for (const Trouble waits_for : {Trouble::late, Trouble::throttled_seconds}) {
        CAPTURE(to_string(waits_for));
        check_cancelled(Write::grant, waits_for, make);
        check_cancelled(Write::revoke, waits_for, make);
    }
}

} // namespace accessd::test
