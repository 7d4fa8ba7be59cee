#include "tests/power_loss/subject.hpp"

#include "core/store/audit_key.hpp"
#include "core/store/ledger.hpp"
#include "core/store/sqlite_store.hpp"
#include "tests/support/sim_world.hpp"

#include <optional>
#include <utility>

namespace accessd::power_loss {

namespace {

constexpr const char* application = "Entra ID";
constexpr std::size_t most_due = 10;
constexpr Duration lease = std::chrono::minutes(1);

/// Asio wants a coroutine's value to have a default.
template <class T> Task<std::optional<Result<T>>> boxed(Task<Result<T>> task) {
    auto result = co_await std::move(task);
    std::optional<Result<T>> box(std::move(result));
    co_return box;
}

class StoreSubject final : public Subject {
public:
    explicit StoreSubject(std::unique_ptr<Store> store) : store_(std::move(store)) {}

    std::vector<Result<Saved>> save(std::vector<Changes> group) override {
        std::vector<Result<Saved>> answers;
        for (Changes& changes : group) {
            answers.push_back(call(store_->save(std::move(changes))));
        }
        return answers;
    }

    Result<Done> pin(const Entitlement& entitlement, TimePoint at) override {
        return call(store_->pin(application, entitlement, at));
    }

    Result<DueWork> claim(TimePoint now) override {
        return call(store_->claim_due("accessd", now, now + lease, most_due));
    }

private:
    template <class T> Result<T> call(Task<Result<T>> task) { return *world_.run(boxed(std::move(task))); }

    test::SimWorld world_;
    std::unique_ptr<Store> store_;
};

class LedgerSubject final : public Subject {
public:
    explicit LedgerSubject(std::unique_ptr<Ledger> ledger) : ledger_(std::move(ledger)) {}

    LedgerSubject(const LedgerSubject&) = delete;
    LedgerSubject& operator=(const LedgerSubject&) = delete;

    ~LedgerSubject() override { ledger_->seal(); }

    std::vector<Result<Saved>> save(std::vector<Changes> group) override {
        std::vector<Save> saves;
        for (Changes& changes : group) {
            saves.emplace_back(std::move(changes));
        }
        std::vector<Save*> together;
        for (Save& each : saves) {
            together.push_back(&each);
        }
        ledger_->save(together);
        std::vector<Result<Saved>> answers;
        for (Save& each : saves) {
            answers.push_back(std::move(*each.outcome));
        }
        ledger_->tidy(true);
        return answers;
    }

    Result<Done> pin(const Entitlement& entitlement, TimePoint at) override {
        return ledger_->pin(application, entitlement, at);
    }

    Result<DueWork> claim(TimePoint now) override { return ledger_->claim_due(now, now + lease, most_due); }

private:
    std::unique_ptr<Ledger> ledger_;
};

Result<std::unique_ptr<Subject>> open_store(const std::filesystem::path& directory) {
    StoreOptions options;
    options.directory = directory;
    options.threaded = false;
    options.reserve_bytes = 0;
    options.sign_audit = true;
    auto store = open_sqlite_store(options);
    if (!store) {
        return std::move(store).error();
    }
    return std::unique_ptr<Subject>(std::make_unique<StoreSubject>(std::move(*store)));
}

Result<std::unique_ptr<Subject>> open_ledger(const std::filesystem::path& directory) {
    auto database = Database::open(database_file(directory), Database::Mode::read_write);
    if (!database) {
        return std::move(database).error();
    }
    auto signer = load_audit_key(directory);
    if (!signer) {
        return std::move(signer).error();
    }
    auto ledger = Ledger::open(
        std::move(*database),
        std::make_unique<BallastFile>(directory / "ballast", 0),
        std::make_shared<NoteSigner>(std::move(*signer))
    );
    if (!ledger) {
        return std::move(ledger).error();
    }
    return std::unique_ptr<Subject>(std::make_unique<LedgerSubject>(std::move(*ledger)));
}

} // namespace

Result<std::unique_ptr<Subject>> Subject::open(const std::filesystem::path& directory, Kind kind) {
    return kind == Kind::store ? open_store(directory) : open_ledger(directory);
}

} // namespace accessd::power_loss
