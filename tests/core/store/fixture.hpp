#pragma once

#include "core/store/ledger.hpp"
#include "core/store/sqlite_store.hpp"
#include "tests/support/sim_world.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

namespace accessd::store_test {

using test::SimWorld;

/// A directory of its own, mode 0700, gone with the object. In memory where that can be: syncs are slow.
class TempDir {
public:
    TempDir() {
        const std::filesystem::path memory("/dev/shm");
        const auto parent =
            std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
        std::string name = (parent / "accessd-store-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error("no temporary directory");
        }
        path_ = name;
    }

    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;

    ~TempDir() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// Asio wants a coroutine's value to have a default.
template <class T> Task<std::optional<Result<T>>> boxed(Task<Result<T>> task) {
    auto result = co_await std::move(task);
    std::optional<Result<T>> box(std::move(result));
    co_return box;
}

template <class T> Result<T> run(SimWorld& world, Task<Result<T>> task) {
    return *world.run(boxed(std::move(task)));
}

inline TimePoint at(std::int64_t seconds) {
    return TimePoint(std::chrono::seconds(1767225600 + seconds)); // from 2026-01-01 on
}

inline Result<std::unique_ptr<Store>> try_open(const std::filesystem::path& directory) {
    StoreOptions options;
    options.directory = directory;
    options.threaded = false;
    options.reserve_bytes = 4096;
    return open_sqlite_store(options);
}

inline std::unique_ptr<Store> open_store(const std::filesystem::path& directory) {
    auto store = try_open(directory);
    if (!store) {
        throw std::runtime_error(store.error().message());
    }
    return std::move(*store);
}

/// A database without its thread, and with its connection in the test's hands.
class OpenLedger {
public:
    explicit OpenLedger(
        const std::filesystem::path& directory,
        std::unique_ptr<Reserve> reserve = nullptr,
        std::shared_ptr<const NoteSigner> signer = nullptr
    ) {
        auto opened = Database::open(database_file(directory), Database::Mode::read_write);
        if (!opened) {
            throw std::runtime_error(opened.error().message());
        }
        database = opened->get();
        if (!reserve) {
            reserve = std::make_unique<BallastFile>(directory / "ballast", 0);
        }
        auto made = Ledger::open(std::move(*opened), std::move(reserve), std::move(signer));
        if (!made) {
            throw std::runtime_error(made.error().message());
        }
        ledger = std::move(*made);
    }

    Result<Saved> save(Changes changes) {
        Save one(std::move(changes));
        Save* const group = &one;
        ledger->save({&group, 1});
        return *one.outcome;
    }

    Database* database = nullptr;
    std::unique_ptr<Ledger> ledger;
};

inline AccessKey key(const std::string& account, const std::string& entitlement = "group-1") {
    return AccessKey("Entra ID", entitlement, account);
}

inline Target target(const AccessKey& of, TargetState state) {
    Target made;
    made.key = of;
    made.entitlement_name = "jira-software-users";
    made.state = state;
    return made;
}

inline Request request(const std::string& issue_id, Phase phase = Phase::resolving) {
    Request made;
    made.issue_id = issue_id;
    made.issue_key = "ACC-" + issue_id;
    made.status_entry = "10077";
    made.phase = phase;
    made.application = "Entra ID";
    made.access_type = "User";
    made.seen_at = at(0);
    made.updated_at = at(0);
    return made;
}

inline Tell tell(const std::string& issue_id, TellKind kind = TellKind::granted) {
    Tell made;
    made.issue_id = issue_id;
    made.issue_key = "ACC-" + issue_id;
    made.status_entry = "10077";
    made.kind = kind;
    made.lines = std::vector<std::string>(1, "Access granted.");
    return made;
}

inline Changes changes_of(const Request& request) {
    Changes changes;
    changes.request = request;
    changes.at = at(1);
    return changes;
}

inline Changes changes_of(const Access& access) {
    Changes changes;
    changes.accesses.push_back(access);
    return changes;
}

inline Changes changes_of(const Tell& tell) {
    Changes changes;
    changes.tells.push_back(tell);
    return changes;
}

/// A store in a world of its own.
class Fixture {
public:
    Fixture() : store(open_store(dir.path())) {}

    Saved save(Changes changes) {
        auto saved = run(world, store->save(std::move(changes)));
        REQUIRE(saved.has_value());
        return *saved;
    }

    std::string refused(Changes changes) {
        auto saved = run(world, store->save(std::move(changes)));
        return saved ? "" : saved.error().code();
    }

    StoredRequest load(const std::string& issue_id) {
        auto found = run(world, store->load(std::vector<std::string>(1, issue_id)));
        REQUIRE(found.has_value());
        REQUIRE(found->size() == 1);
        return found->front();
    }

    StoredAccess load_access(const AccessKey& of) {
        auto found = run(world, store->load_accesses(std::vector<AccessKey>(1, of)));
        REQUIRE(found.has_value());
        REQUIRE(found->size() == 1);
        return found->front();
    }

    std::vector<Lease> leases(const std::string& beneficiary_id) {
        auto found = run(world, store->leases(beneficiary_id));
        REQUIRE(found.has_value());
        return *found;
    }

    void reopen() {
        store.reset();
        store = open_store(dir.path());
    }

    TempDir dir;
    SimWorld world;
    std::unique_ptr<Store> store;
};

} // namespace accessd::store_test
