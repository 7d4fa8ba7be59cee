#include "core/store/audit.hpp"
#include "tests/core/store/fixture.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <thread>

using namespace accessd;
using namespace accessd::store_test;

namespace {

class Tally {
public:
    int good = 0;
    int stale = 0;
    int elsewhere = 0; ///< times that a coroutine came back on another thread
    std::thread::id home = std::this_thread::get_id();

    void count(const Result<Saved>& saved) {
        good += saved.has_value() ? 1 : 0;
        stale += !saved && saved.error().code() == "store.stale" ? 1 : 0;
        elsewhere += std::this_thread::get_id() != home ? 1 : 0;
    }
};

Changes audited(const Request& request) {
    Changes changes = changes_of(request);
    changes.audit.emplace_back("request.seen", R"({"issue":")" + request.issue_id + "\"}");
    return changes;
}

/// Saves its request again and again, from what it last loaded.
Task<int> save_often(Store& store, Request mine, int times, Tally& tally) {
    for (int i = 0; i < times; ++i) {
        auto saved = co_await store.save(audited(mine));
        tally.count(saved);
        auto loaded = co_await store.load(std::vector<std::string>(1, mine.issue_id));
        if (loaded && loaded->size() == 1) {
            mine = loaded->front().request;
        }
    }
    co_return times;
}

void rethrow(std::exception_ptr failure, int) {
    if (failure) {
        std::rethrow_exception(failure);
    }
}

std::unique_ptr<Store> open_threaded(const std::filesystem::path& directory) {
    StoreOptions options;
    options.directory = directory;
    options.reserve_bytes = 0;
    auto store = open_sqlite_store(options);
    REQUIRE(store.has_value());
    return std::move(*store);
}

std::int64_t verified_rows(const std::filesystem::path& directory) {
    AuditChain chain;
    auto read = read_audit(database_file(directory), [&](const AuditRow& row) {
        return chain.check(row).has_value();
    });
    REQUIRE(read.has_value());
    return chain.seq();
}

} // namespace

TEST_CASE("db thread: many coroutines save at once, each comes back home with its own answer") {
    TempDir dir;
    Tally tally;
    {
        const auto store = open_threaded(dir.path());
        boost::asio::io_context loop(1);
        for (int i = 0; i < 50; ++i) {
            // Two of them fight for each request.
            boost::asio::co_spawn(
                loop, save_often(*store, request(std::to_string(i / 2)), 10, tally), rethrow
            );
        }
        loop.run();
    }
    CHECK(tally.elsewhere == 0);
    CHECK(tally.good + tally.stale == 500);
    CHECK(tally.good >= 250);
    CHECK(verified_rows(dir.path()) == tally.good);
}

TEST_CASE("db thread: what was asked for is done before the store closes") {
    TempDir dir;
    Tally tally;
    boost::asio::io_context loop(1);
    {
        const auto store = open_threaded(dir.path());
        for (int i = 0; i < 20; ++i) {
            boost::asio::co_spawn(
                loop,
                boxed(store->save(audited(request(std::to_string(i))))),
                [&](auto, auto saved) { tally.count(*saved); }
            );
        }
        loop.poll();
    }
    CHECK(verified_rows(dir.path()) == 20);
    loop.restart();
    loop.run();
    CHECK(tally.good == 20);
}

TEST_CASE("db thread: inlined, a crash can fall before and after the commit") {
    TempDir dir;
    int commits = 0;
    int acknowledged = 0;
    for (std::uint64_t steps = 0; steps < 12; ++steps) {
        const std::string issue = std::to_string(steps);
        {
            SimWorld world(steps + 1);
            const auto store = open_store(dir.path());
            boost::asio::co_spawn(
                world.get_executor(),
                boxed(store->save(audited(request(issue)))),
                [&](auto, auto) { ++acknowledged; }
            );
            for (std::uint64_t i = 0; i < steps && world.step(); ++i) {
            }
        }
        OpenLedger open(dir.path());
        commits += open.ledger->load({issue})->size() == 1 ? 1 : 0;
    }
    CHECK(acknowledged > 0);
    CHECK(commits > acknowledged);
    CHECK(commits < 12);
}
