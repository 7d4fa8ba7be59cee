#include "core/store/db_thread.hpp"

#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace accessd {

namespace {

// One wake-up of the loop for all that ended together, not one for each.
template <class T> void send_home(std::vector<std::unique_ptr<T>> calls) {
    while (!calls.empty()) {
        const boost::asio::any_io_executor home = calls.front()->home();
        const auto others = std::stable_partition(calls.begin(), calls.end(), [&](const auto& call) {
            return call->home() == home;
        });
        std::vector<std::unique_ptr<T>> together(
            std::make_move_iterator(calls.begin()), std::make_move_iterator(others)
        );
        calls.erase(calls.begin(), others);
        boost::asio::post(home, [together = std::move(together)]() {
            for (const auto& call : together) {
                call->finish();
            }
        });
    }
}

} // namespace

DbCall::DbCall(const boost::asio::any_io_executor& home)
    : home_(boost::asio::prefer(home, boost::asio::execution::outstanding_work.tracked)) {}

void DbSave::run(Ledger& ledger) {
    Save* const alone = &save;
    ledger.save({&alone, 1});
}

DbThread::DbThread(Ledger& ledger, DbMode mode) : ledger_(ledger), mode_(mode) {
    if (mode_ == DbMode::threaded) {
        thread_ = std::thread([this] { run(); });
    }
}

DbThread::~DbThread() {
    if (mode_ == DbMode::threaded) {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_one();
        thread_.join();
    }
}

void DbThread::submit(std::unique_ptr<DbCall> call) {
    if (mode_ == DbMode::inlined) {
        run_inlined(std::move(call));
    } else {
        enqueue(calls_, std::move(call));
    }
}

void DbThread::submit_save(std::unique_ptr<DbSave> save) {
    if (mode_ == DbMode::inlined) {
        run_inlined(std::move(save));
    } else {
        enqueue(saves_, std::move(save));
    }
}

template <class T> void DbThread::enqueue(std::vector<std::unique_ptr<T>>& queue, std::unique_ptr<T> item) {
    bool sleeps = false;
    {
        const std::lock_guard lock(mutex_);
        queue.push_back(std::move(item));
        sleeps = std::exchange(waiting_, false);
    }
    if (sleeps) {
        wake_.notify_one();
    }
}

// Two steps, so that a simulated crash can fall before the commit and between it and its acknowledgement.
void DbThread::run_inlined(std::unique_ptr<DbCall> call) {
    const boost::asio::any_io_executor home = call->home();
    boost::asio::post(home, [this, call = std::move(call)]() mutable {
        call->run(ledger_);
        ledger_.tidy(true);
        const boost::asio::any_io_executor back = call->home();
        boost::asio::post(back, [call = std::move(call)]() { call->finish(); });
    });
}

void DbThread::run() {
    std::vector<std::unique_ptr<DbCall>> calls;
    std::vector<std::unique_ptr<DbSave>> saves;
    std::vector<Save*> group;
    std::unique_lock lock(mutex_);
    while (true) {
        waiting_ = calls_.empty() && saves_.empty();
        wake_.wait(lock, [this] { return stopping_ || !calls_.empty() || !saves_.empty(); });
        if (calls_.empty() && saves_.empty()) {
            return;
        }
        waiting_ = false;
        calls.swap(calls_);
        saves.swap(saves_);
        lock.unlock();
        // Calls first: the loop works on their answers while the disk works on the saves.
        for (const auto& call : calls) {
            call->run(ledger_);
        }
        send_home(std::exchange(calls, {}));
        group.clear();
        for (const auto& save : saves) {
            group.push_back(&save->save);
        }
        if (!group.empty()) {
            ledger_.save(group);
        }
        send_home(std::exchange(saves, {}));
        lock.lock();
        const bool idle = calls_.empty() && saves_.empty();
        lock.unlock();
        ledger_.tidy(idle);
        lock.lock();
    }
}

} // namespace accessd
