#pragma once

#include "core/store/ledger.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace accessd {

/// Something to be done with the ledger for a coroutine that waits for it.
class DbCall {
public:
    /// `home` is the coroutine's executor; its loop does not end before the call has.
    explicit DbCall(const boost::asio::any_io_executor& home);

    virtual ~DbCall() = default;

    virtual void run(Ledger& ledger) = 0; ///< on the database thread; a whole transaction
    virtual void finish() = 0;            ///< at home: resumes the coroutine

    const boost::asio::any_io_executor& home() const { return home_; }

private:
    boost::asio::any_io_executor home_;
};

/// A save. Those that wait at the same moment share one commit.
class DbSave : public DbCall {
public:
    DbSave(const boost::asio::any_io_executor& home, Changes changes)
        : DbCall(home), save(std::move(changes)) {}

    void run(Ledger& ledger) override;

    Save save;
};

enum class DbMode : std::uint8_t {
    threaded, ///< a slow disk never stops the loop
    inlined,  ///< on the caller's executor, in steps of their own: for simulations
};

/// Brings calls to the ledger and their ends back home. The only one that touches the ledger meanwhile.
class DbThread {
public:
    DbThread(Ledger& ledger, DbMode mode);

    /// Ends when all that was submitted has run. Inlined calls that have not run yet must never run after.
    ~DbThread();

    DbThread(const DbThread&) = delete;
    DbThread& operator=(const DbThread&) = delete;

    void submit(std::unique_ptr<DbCall> call);
    void submit_save(std::unique_ptr<DbSave> save);

private:
    void run();
    void run_inlined(std::unique_ptr<DbCall> call);
    template <class T> void enqueue(std::vector<std::unique_ptr<T>>& queue, std::unique_ptr<T> item);

    Ledger& ledger_;
    const DbMode mode_;
    std::mutex mutex_; ///< guards the four below
    std::condition_variable wake_;
    std::vector<std::unique_ptr<DbCall>> calls_;
    std::vector<std::unique_ptr<DbSave>> saves_;
    bool waiting_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

} // namespace accessd
