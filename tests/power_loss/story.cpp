#include "tests/power_loss/story.hpp"

#include "core/store/schema.hpp"
#include "tests/power_loss/content.hpp"
#include "tests/power_loss/raw_sqlite.hpp"

#include <utility>

namespace accessd::power_loss {

namespace {

constexpr TimePoint pinned_at = std::chrono::sys_days(std::chrono::January / 1 / 2026);

/// Asio wants a coroutine's value to have a default.
template <class T> Task<std::optional<Result<T>>> boxed(Task<Result<T>> task) {
    auto result = co_await std::move(task);
    std::optional<Result<T>> box(std::move(result));
    co_return box;
}

Disk::Syncs syncs_of(Mode mode) {
    return mode == Mode::liar ? Disk::Syncs::ignored : Disk::Syncs::kept;
}

} // namespace

Story::Story(Rig& rig, std::uint64_t seed)
    : rig_(rig), dice_(seed), disk_(seed + 1, syncs_of(rig.mode())), calm_disk_(0, Disk::Syncs::kept),
      world_(seed), scribe_(dice_, dice_.chance(1, 12)) {
    rig_.vfs.mount(rig_.victim(), disk_);
    rig_.vfs.mount(rig_.twin(), calm_disk_);
    rig_.vfs.reseed(seed);
}

template <class T> Result<T> Story::call(Task<Result<T>> task) {
    return *world_.run(boxed(std::move(task)));
}

Outcome Story::run() {
    auto twin = open_store(rig_.twin());
    if (!twin) {
        fail(Harm::corrupt, Witness::nobody, "the twin cannot be opened: " + twin.error().message());
        return outcome_;
    }
    twin_ = std::move(*twin);
    if (dice_.chance(1, 4)) {
        prepare();
    }
    for (std::uint64_t lives = 1 + dice_.below(3); lives > 0 && outcome_.harm == Harm::none; --lives) {
        live();
    }
    // Afterwards it must not only be whole but of use.
    if (outcome_.harm == Harm::none && open(Moment::recovery)) {
        save();
        if (reopen()) {
            store_.reset();
        }
    }
    store_.reset();
    return outcome_;
}

// An accessd of each older version is made by running only the first migrations.
void Story::prepare() {
    const auto migrations = schema_migrations();
    const auto version = static_cast<std::size_t>(dice_.below(migrations.size()));
    std::filesystem::create_directory(rig_.victim());
    std::filesystem::permissions(rig_.victim(), std::filesystem::perms::owner_all);
    auto database = Database::open(database_file(rig_.victim()), Database::Mode::read_write);
    if (!database || !migrate(**database, migrations.first(version))) {
        fail(
            Harm::corrupt,
            Witness::store,
            "a database of version " + std::to_string(version) + " cannot be made"
        );
    }
    first_ = Moment::migration;
}

bool Story::open(Moment moment) {
    moment_ = was_open_ ? moment : first_;
    auto opened = open_store(rig_.victim());
    if (opened) {
        store_ = std::move(*opened);
        was_open_ = true;
        return check();
    }
    if (disk_.has_power()) {
        fail(Harm::corrupt, Witness::store, "it cannot be opened: " + opened.error().message());
    }
    return false;
}

bool Story::check() {
    const Undisturbed undisturbed(disk_);
    if (!disk_.has_power()) {
        return false;
    }
    const auto file = database_file(rig_.victim());
    const ChainReport chain = read_chain(file);
    const std::string structure = structure_fault(file);
    if (!structure.empty() || !chain.fault.empty()) {
        const bool only_chain = structure.empty();
        fail(
            Harm::corrupt,
            only_chain ? Witness::chain : Witness::structure,
            only_chain ? chain.fault : structure
        );
        return false;
    }
    const Content found = read_content(file);
    std::string wrong = difference(read_content(database_file(rig_.twin())), found);
    if (!wrong.empty() && under_way_) {
        std::exchange(under_way_, nullptr)();
        const std::string also_wrong = difference(read_content(database_file(rig_.twin())), found);
        wrong = also_wrong.empty() ? "" : wrong + "; with the save under way: " + also_wrong;
    }
    under_way_ = nullptr;
    if (!wrong.empty()) {
        fail(chain.seq < acknowledged_seq_ ? Harm::lost : Harm::torn, Witness::nobody, wrong);
        return false;
    }
    return true;
}

void Story::live() {
    constexpr std::array<Moment, 8> aims = {
        Moment::opening,
        Moment::opening,
        Moment::saving,
        Moment::saving,
        Moment::saving,
        Moment::checkpoint,
        Moment::closing,
        Moment::idle,
    };
    const Moment aim = aims[dice_.below(aims.size())];
    if (aim == Moment::opening) {
        // Recovery hardly writes, so that a cut between two writes alone would seldom fall into it.
        disk_.cut_at(dice_.magnitude(6), was_open_ && dice_.chance(3, 4));
    }
    if (open(Moment::recovery)) {
        for (std::uint64_t steps = dice_.magnitude(6); steps > 0 && goes_on(); --steps) {
            step();
        }
        if (goes_on()) {
            strike(aim);
        }
    }
    end();
}

void Story::strike(Moment aim) {
    if (aim == Moment::idle) {
        return;
    }
    if (aim == Moment::checkpoint) {
        save();
    }
    disk_.cut_at(dice_.magnitude(6), dice_.chance(1, 8));
    if (aim == Moment::checkpoint) {
        copy_log();
    } else if (aim == Moment::closing) {
        moment_ = Moment::closing;
        store_.reset();
    }
    while (goes_on()) {
        step();
    }
}

void Story::end() {
    if (disk_.has_power()) {
        moment_ = Moment::idle;
        disk_.cut_now();
    } else if (moment_ == Moment::saving && disk_.struck().ends_with(".db")) {
        moment_ = Moment::checkpoint;
    }
    store_.reset();
    ++outcome_.cuts[static_cast<std::size_t>(moment_)];
    disk_.restart();
}

void Story::step() {
    moment_ = Moment::saving;
    switch (dice_.below(20)) {
    case 0:
        return pin();
    case 1:
        return claim();
    case 2:
        return save_outdated();
    case 3:
    case 4:
        return copy_log();
    case 5:
        static_cast<void>(reopen());
        return;
    default:
        return save();
    }
}

void Story::fail(Harm harm, Witness witness, std::string what) {
    outcome_.harm = harm;
    outcome_.witness = witness;
    outcome_.what = std::move(what);
    store_.reset();
}

void Story::save() {
    const Changes changes = scribe_.next();
    const auto saved = call(store_->save(changes));
    if (saved) {
        ++outcome_.saves;
        tell_twin(changes, &*saved);
    } else {
        leave_open(saved.error(), [this, changes] { tell_twin(changes, nullptr); });
    }
}

void Story::save_outdated() {
    const Changes changes = scribe_.outdated();
    if (!changes.request || changes.request->revision == 0) {
        return;
    }
    const auto saved = call(store_->save(changes));
    if (saved) {
        fail(Harm::torn, Witness::nobody, "a save that came too late was taken");
    } else if (saved.error().code() != "store.stale") {
        leave_open(saved.error(), nullptr);
    }
}

void Story::pin() {
    const Entitlement entitlement(scribe_.word(8), scribe_.word(8));
    const auto pinned = call(store_->pin("Entra ID", entitlement, pinned_at));
    if (pinned) {
        tell_twin(entitlement);
    } else {
        leave_open(pinned.error(), [this, entitlement] { tell_twin(entitlement); });
    }
}

void Story::claim() {
    const TimePoint now = pinned_at + std::chrono::minutes(5);
    const auto work = call(store_->claim_due("accessd", now, now + std::chrono::minutes(1), 10));
    if (!work) {
        leave_open(work.error(), nullptr);
    }
}

// The store does this by itself only when there is much to copy; the steps on the disk are the same.
void Story::copy_log() {
    moment_ = Moment::checkpoint;
    RawSqlite(database_file(rig_.victim())).checkpoint();
}

bool Story::reopen() {
    moment_ = Moment::closing;
    store_.reset();
    return disk_.has_power() && open(Moment::opening);
}

void Story::tell_twin(const Changes& changes, const Saved* acknowledged) {
    const auto saved = call(twin_->save(changes));
    if (!saved) {
        fail(Harm::torn, Witness::nobody, "the twin refuses what was saved: " + saved.error().message());
        return;
    }
    if (acknowledged != nullptr &&
        (acknowledged->audit_seq != saved->audit_seq || acknowledged->audit_head != saved->audit_head ||
         acknowledged->request_revision != saved->request_revision ||
         acknowledged->access_revisions != saved->access_revisions)) {
        fail(
            Harm::torn,
            Witness::nobody,
            "a save was acknowledged with other revisions or another head than the twin's"
        );
    }
    scribe_.learn(changes, *saved);
    acknowledged_seq_ = saved->audit_seq;
}

void Story::tell_twin(const Entitlement& entitlement) {
    const auto pinned = call(twin_->pin("Entra ID", entitlement, pinned_at));
    if (!pinned) {
        fail(Harm::torn, Witness::nobody, "the twin refuses a pin: " + pinned.error().message());
    }
}

void Story::leave_open(const Error& error, std::function<void()> adopt) {
    if (disk_.has_power()) {
        fail(Harm::corrupt, Witness::store, "it refuses to go on: " + error.message());
    }
    under_way_ = std::move(adopt);
}

} // namespace accessd::power_loss
