#include "tests/power_loss/story.hpp"

#include "core/store/audit_key.hpp"
#include "core/store/schema.hpp"
#include "core/store/sqlite_store.hpp"
#include "tests/power_loss/raw_sqlite.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace accessd::power_loss {

namespace {

constexpr TimePoint pinned_at = std::chrono::sys_days(std::chrono::January / 1 / 2026);

bool same(const Result<Saved>& left, const Result<Saved>& right) {
    if (!left || !right) {
        return !left && !right && left.error().code() == right.error().code();
    }
    return left->request_revision == right->request_revision &&
           left->access_revisions == right->access_revisions && left->audit_seq == right->audit_seq &&
           left->audit_head == right->audit_head && left->inserted_tell == right->inserted_tell;
}

std::size_t rows_of(const char* table, const Content& content) {
    const auto found = content.rows.find(table);
    return found == content.rows.end() ? 0 : found->second.size();
}

/// None before the directory has a key.
std::vector<NoteKey> keys_of(const std::filesystem::path& directory) {
    auto keys = read_note_keys(audit_public_file(directory));
    return keys ? std::move(*keys) : std::vector<NoteKey>();
}

Disk::Syncs syncs_of(Mode mode) {
    return mode == Mode::liar ? Disk::Syncs::ignored : Disk::Syncs::kept;
}

} // namespace

Story::Story(Rig& rig, std::uint64_t seed)
    : rig_(rig), dice_(seed), disk_(seed + 1, syncs_of(rig.mode())), calm_disk_(0, Disk::Syncs::kept),
      wordy_(dice_.chance(1, 10)), scribe_(dice_, wordy_) {
    rig_.vfs.mount(rig_.victim(), disk_);
    rig_.vfs.mount(rig_.twin(), calm_disk_);
    rig_.vfs.reseed(seed);
}

Outcome Story::run() {
    auto twin = Subject::open(rig_.twin(), Subject::Kind::store);
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
        static_cast<void>(reopen());
    }
    victim_.reset();
    return outcome_;
}

// An accessd of each older version is made by running only the first migrations.
void Story::prepare() {
    const auto migrations = schema_migrations();
    const auto version = static_cast<std::size_t>(dice_.below(migrations.size()));
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
    auto opened = Subject::open(rig_.victim(), kind_);
    if (opened) {
        victim_ = std::move(*opened);
        was_open_ = true;
        return check();
    }
    if (disk_.has_power()) {
        const Undisturbed undisturbed(disk_);
        judge_loss(judge_audit(database_file(rig_.victim()), keys_of(rig_.victim()), {}));
        fail(Harm::corrupt, Witness::store, "it cannot be opened: " + opened.error().message());
    }
    return false;
}

// A ticket was told the head; whoever compares it must see that rows are gone.
void Story::judge_loss(const AuditReport& report) {
    outcome_.rows_lost = report.seq < acknowledged_seq_;
    if (outcome_.rows_lost) {
        const KnownHead told(acknowledged_seq_, acknowledged_head_.substr(0, 16));
        const auto compared = judge_audit(database_file(rig_.victim()), keys_of(rig_.victim()), {told});
        outcome_.loss_missed = compared.fault.empty();
    }
}

bool Story::check() {
    const Undisturbed undisturbed(disk_);
    if (!disk_.has_power()) {
        return false;
    }
    const auto file = database_file(rig_.victim());
    const AuditReport audit = judge_audit(file, keys_of(rig_.victim()), {});
    judge_loss(audit);
    const std::string structure = structure_fault(file);
    if (!structure.empty() || !audit.fault.empty()) {
        const bool only_audit = structure.empty();
        fail(
            Harm::corrupt,
            only_audit ? Witness::audit : Witness::structure,
            only_audit ? audit.fault : structure
        );
        return false;
    }
    const Content found = read_content(file);
    const Content expected = read_content(database_file(rig_.twin()));
    const bool lost = outcome_.rows_lost || rows_of("pin", found) < rows_of("pin", expected);
    std::string wrong = difference(expected, found);
    if (!wrong.empty() && under_way_) {
        std::exchange(under_way_, nullptr)();
        const std::string also_wrong = difference(read_content(database_file(rig_.twin())), found);
        wrong = also_wrong.empty() ? "" : wrong + "; with the save under way: " + also_wrong;
    }
    under_way_ = nullptr;
    if (!wrong.empty()) {
        fail(lost ? Harm::lost : Harm::torn, Witness::nobody, wrong);
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
    kind_ = dice_.chance(1, 2) ? Subject::Kind::store : Subject::Kind::ledger;
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
    // The store's own copying begins after a thousand pages and writes as many.
    disk_.cut_at(wordy_ ? 1 + dice_.below(6000) : dice_.magnitude(6), dice_.chance(1, 8));
    if (aim == Moment::checkpoint && !wordy_) {
        copy_log();
    } else if (aim == Moment::closing) {
        moment_ = Moment::closing;
        victim_.reset();
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
        moment_ = Moment::checkpoint; // the store's own, after a save
    }
    victim_.reset();
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
    case 3:
        return wordy_ ? save() : copy_log();
    case 4:
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
    victim_.reset();
}

void Story::save() {
    std::vector<Changes> group;
    for (std::uint64_t size = kind_ == Subject::Kind::ledger ? dice_.magnitude(3) : 1; size > 0; --size) {
        group.push_back(dice_.chance(1, 20) ? scribe_.outdated() : scribe_.next());
    }
    save(std::move(group));
}

void Story::save(std::vector<Changes> group) {
    const auto answers = victim_->save(group);
    const auto refused = [](const Result<Saved>& answer) {
        return !answer && answer.error().code() != "store.stale";
    };
    const auto failure = std::find_if(answers.begin(), answers.end(), refused);
    if (failure != answers.end()) {
        leave_open(failure->error(), [this, group = std::move(group)] {
            for (const Changes& changes : group) {
                tell_twin(changes, nullptr);
            }
        });
        return;
    }
    for (std::size_t i = 0; i < group.size(); ++i) {
        outcome_.saves += answers[i] ? 1 : 0;
        tell_twin(group[i], &answers[i]);
    }
}

void Story::pin() {
    const Entitlement entitlement(scribe_.word(8), scribe_.word(8));
    const auto pinned = victim_->pin(entitlement, pinned_at);
    if (pinned) {
        tell_twin(entitlement);
    } else {
        leave_open(pinned.error(), [this, entitlement] { tell_twin(entitlement); });
    }
}

void Story::claim() {
    const auto work = victim_->claim(pinned_at + std::chrono::minutes(5));
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
    victim_.reset();
    return disk_.has_power() && open(Moment::opening);
}

void Story::tell_twin(const Changes& changes, const Result<Saved>* answer) {
    const auto saved = twin_->save({changes}).front();
    if (answer != nullptr && !same(*answer, saved)) {
        fail(Harm::torn, Witness::nobody, "a save was answered in another way than the twin's");
        return;
    }
    if (saved) {
        scribe_.learn(changes, *saved);
        acknowledged_seq_ = saved->audit_seq;
        acknowledged_head_ = saved->audit_head;
    }
}

void Story::tell_twin(const Entitlement& entitlement) {
    const auto pinned = twin_->pin(entitlement, pinned_at);
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
