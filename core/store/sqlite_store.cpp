#include "core/store/sqlite_store.hpp"

#include "core/store/audit_key.hpp"
#include "core/store/db_thread.hpp"
#include "core/store/ledger.hpp"
#include "core/store/state_dir.hpp"
#include "core/support/handler.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace accessd {

namespace {

namespace asio = boost::asio;

template <class T> using Work = std::function<Result<T>(Ledger&)>;

template <class T> class Call final : public DbCall {
public:
    using Value = T;

    Call(const asio::any_io_executor& home, Work<T> work) : DbCall(home), work_(std::move(work)) {}

    void run(Ledger& ledger) override { result_.emplace(work_(ledger)); }

    void finish() override { resume(std::move(*result_)); }

    StoredHandler<Result<T>> resume;

private:
    Work<T> work_;
    std::optional<Result<T>> result_;
};

class SaveCall final : public DbSave {
public:
    using Value = Saved;
    using DbSave::DbSave;

    void finish() override { resume(std::move(*save.outcome)); }

    StoredHandler<Result<Saved>> resume;
};

/// Hands a call over as soon as it knows whom to resume. Points into the waiting frame, and has nothing to
/// destroy.
template <class C> class Start {
public:
    Start(DbThread* thread, std::unique_ptr<C>* call) : thread_(thread), call_(call) {}

    template <class Handler> void operator()(Handler&& handler) const {
        (*call_)->resume = store_handler<Result<typename C::Value>>(std::forward<Handler>(handler));
        if constexpr (std::is_base_of_v<DbSave, C>) {
            thread_->submit_save(std::move(*call_));
        } else {
            thread_->submit(std::move(*call_));
        }
    }

private:
    DbThread* thread_;
    std::unique_ptr<C>* call_;
};

template <class C> Task<Result<typename C::Value>> wait_for(DbThread& thread, std::unique_ptr<C> call) {
    const Start<C> start(&thread, &call);
    auto result =
        co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Result<typename C::Value>)>(
            start, asio::use_awaitable
        );
    co_return result;
}

class SqliteStore final : public Store {
public:
    SqliteStore(StateLock lock, std::unique_ptr<Ledger> ledger, DbMode mode)
        : lock_(std::move(lock)), ledger_(std::move(ledger)) {
        thread_.emplace(*ledger_, mode);
    }

    SqliteStore(const SqliteStore&) = delete;
    SqliteStore& operator=(const SqliteStore&) = delete;

    ~SqliteStore() override {
        thread_.reset();
        ledger_->seal();
    }

    Task<Result<Saved>> save(Changes changes) override {
        const asio::any_io_executor home = co_await asio::this_coro::executor;
        auto call = std::make_unique<SaveCall>(home, std::move(changes));
        auto saved = co_await wait_for(*thread_, std::move(call));
        co_return saved;
    }

    Task<Result<std::vector<StoredRequest>>> load(std::vector<std::string> issue_ids) override {
        return ask<std::vector<StoredRequest>>([ids = std::move(issue_ids)](Ledger& ledger) {
            return ledger.load(ids);
        });
    }

    Task<Result<std::vector<StoredAccess>>> load_accesses(std::vector<AccessKey> keys) override {
        return ask<std::vector<StoredAccess>>([wanted = std::move(keys)](Ledger& ledger) {
            return ledger.load_accesses(wanted);
        });
    }

    // Whoever asks is in this process, the only one that has the database: owners need not be told apart.
    Task<Result<DueWork>>
    claim_due(std::string, TimePoint now, TimePoint lease_until, std::size_t limit) override {
        return ask<DueWork>([now, lease_until, limit](Ledger& ledger) {
            return ledger.claim_due(now, lease_until, limit);
        });
    }

    Task<Result<std::vector<std::string>>> open_intents() override {
        return ask<std::vector<std::string>>([](Ledger& ledger) { return ledger.open_intents(); });
    }

    Task<Result<std::vector<PastChange>>> changes_since(TimePoint since) override {
        return ask<std::vector<PastChange>>([since](Ledger& ledger) { return ledger.changes_since(since); });
    }

    Task<Result<std::vector<Lease>>> leases(std::string beneficiary_id) override {
        return ask<std::vector<Lease>>([person = std::move(beneficiary_id)](Ledger& ledger) {
            return ledger.leases(person);
        });
    }

    Task<Result<std::vector<LiveRequest>>> live(std::string after, std::size_t limit) override {
        return ask<std::vector<LiveRequest>>([from = std::move(after), limit](Ledger& ledger) {
            return ledger.live(from, limit);
        });
    }

    Task<Result<std::optional<TimePoint>>> position() override {
        return ask<std::optional<TimePoint>>([](Ledger& ledger) { return ledger.position(); });
    }

    Task<Result<std::optional<Entitlement>>> pinned(std::string application, std::string name) override {
        return ask<std::optional<Entitlement>>([where = std::move(application),
                                                what = std::move(name)](Ledger& ledger) {
            return ledger.pinned(where, what);
        });
    }

    Task<Result<Done>> pin(std::string application, Entitlement entitlement, TimePoint at) override {
        return ask<Done>([where = std::move(application), what = std::move(entitlement), at](Ledger& ledger) {
            return ledger.pin(where, what, at);
        });
    }

    Task<Result<std::optional<Account>>>
    known_account(std::string application, std::string beneficiary_id) override {
        return ask<std::optional<Account>>([where = std::move(application),
                                            who = std::move(beneficiary_id)](Ledger& ledger) {
            return ledger.known_account(where, who);
        });
    }

private:
    template <class T> Task<Result<T>> ask(Work<T> work) {
        const asio::any_io_executor home = co_await asio::this_coro::executor;
        auto call = std::make_unique<Call<T>>(home, std::move(work));
        auto result = co_await wait_for(*thread_, std::move(call));
        co_return result;
    }

    StateLock lock_;
    std::unique_ptr<Ledger> ledger_;
    std::optional<DbThread> thread_; // the last member: it ends before what it works on
};

/// Null when nothing is to be signed.
Result<std::shared_ptr<const NoteSigner>> find_signer(const StoreOptions& options) {
    if (!options.sign_audit) {
        return std::shared_ptr<const NoteSigner>();
    }
    auto signer = load_audit_key(options.directory);
    if (!signer) {
        return std::move(signer).error();
    }
    return std::shared_ptr<const NoteSigner>(std::make_shared<NoteSigner>(std::move(*signer)));
}

} // namespace

std::filesystem::path database_file(const std::filesystem::path& directory) {
    return directory / "accessd.db";
}

Result<std::unique_ptr<Store>> open_sqlite_store(const StoreOptions& options) {
    auto prepared = prepare_state_dir(options.directory);
    if (!prepared) {
        return std::move(prepared).error();
    }
    auto lock = StateLock::take(options.directory);
    if (!lock) {
        return std::move(lock).error();
    }
    auto database = Database::open(database_file(options.directory), Database::Mode::read_write);
    if (!database) {
        return std::move(database).error();
    }
    auto reserve = std::make_unique<BallastFile>(options.directory / "ballast", options.reserve_bytes);
    auto signer = find_signer(options);
    if (!signer) {
        return std::move(signer).error();
    }
    auto ledger = Ledger::open(std::move(*database), std::move(reserve), std::move(*signer));
    if (!ledger) {
        return std::move(ledger).error();
    }
    const DbMode mode = options.threaded ? DbMode::threaded : DbMode::inlined;
    return std::unique_ptr<Store>(std::make_unique<SqliteStore>(std::move(*lock), std::move(*ledger), mode));
}

} // namespace accessd
