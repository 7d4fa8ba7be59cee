#include "core/store/ledger.hpp"

#include "core/store/schema.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <utility>

namespace accessd {

namespace {

// 4 MiB and 32 MiB of log: a pause is used early, under load it is put off, since a page that was written ten
// times is then copied once.
constexpr int pages_when_idle = 1000;
constexpr int pages_at_most = 8000;

constexpr std::string_view position_mark = "position";

Error stale() {
    return Error(Fault::transient, "store.stale", "the stored state has changed meanwhile; load it again");
}

Error held() {
    return Error(
        Fault::transient,
        "store.full",
        "the disk of the state directory is full; grants wait until there is space again"
    );
}

} // namespace

class Ledger::Before {
public:
    RequestTable::Found request;
    std::vector<AccessTable::Found> accesses;
    bool stale = false;
};

Ledger::Ledger(
    std::unique_ptr<Database> database,
    std::unique_ptr<Reserve> reserve,
    std::shared_ptr<const NoteSigner> signer
)
    : database_(std::move(database)), reserve_(std::move(reserve)), requests_(*database_),
      accesses_(*database_), outbox_(*database_), audit_(*database_),
      checkpoints_(*database_, std::move(signer)),
      read_mark_(*database_, "SELECT at FROM mark WHERE name = ?1"),
      write_mark_(*database_, "INSERT OR REPLACE INTO mark (name, at) VALUES (?1, ?2)"), pins_(*database_) {}

Result<std::unique_ptr<Ledger>> Ledger::open(
    std::unique_ptr<Database> database,
    std::unique_ptr<Reserve> reserve,
    std::shared_ptr<const NoteSigner> signer
) {
    auto checked = database->quick_check();
    if (!checked) {
        return std::move(checked).error();
    }
    auto migrated = migrate(*database, schema_migrations());
    if (!migrated) {
        return std::move(migrated).error();
    }
    std::unique_ptr<Ledger> ledger(new Ledger(std::move(database), std::move(reserve), std::move(signer)));
    if (!ledger->audit_.load_head() || !ledger->checkpoints_.load()) {
        return ledger->database_->failure();
    }
    ledger->seal();
    if (ledger->broken_) {
        return *ledger->broken_;
    }
    ledger->reserve_spent_ = !ledger->reserve_->hold();
    return ledger;
}

void Ledger::save(std::span<Save* const> saves) {
    auto error = broken_ ? broken_ : try_together(saves);
    if (error && !broken_ && saves.size() > 1 && error->code() != "store.busy") {
        for (std::size_t i = 0; i < saves.size(); ++i) {
            save(saves.subspan(i, 1));
        }
        return;
    }
    if (error && error->code() == "store.full" && database_->checkpoint()) {
        error = try_together(saves); // the log begins anew, in the space that it has
    }
    if (error && may_use_reserve(*saves.front(), *error)) {
        reserve_spent_ = true;
        if (reserve_->release()) {
            error = try_together(saves);
        }
    }
    for (Save* const save : saves) {
        if (error) {
            save->outcome.emplace(*error);
        } else if (*save->outcome) {
            release_claims(save->changes);
        }
    }
}

// Grants would only eat up what the outcomes of revokes will need.
bool Ledger::may_use_reserve(const Save& save, const Error& error) const {
    return error.code() == "store.full" && !reserve_spent_ && !save.new_grant;
}

std::optional<Error> Ledger::try_together(std::span<Save* const> saves) {
    if (!database_->begin()) {
        return fail();
    }
    const AuditHead head = audit_.head();
    const Covered covered = checkpoints_.covered();
    bool good = true;
    for (Save* const save : saves) {
        const Written written = write(*save);
        if (written == Written::stale) {
            save->outcome.emplace(stale());
        } else if (written == Written::held) {
            save->outcome.emplace(held());
        } else if (written == Written::failed) {
            good = false;
            break;
        }
    }
    if (good && write_due_checkpoint() && database_->commit()) {
        return std::nullopt;
    }
    Error error = fail();
    database_->rollback();
    audit_.set_head(head);
    checkpoints_.set_covered(covered);
    return error;
}

bool Ledger::write_due_checkpoint() {
    const AuditHead& head = audit_.head();
    checkpoints_.note_rows(head);
    return !checkpoints_.is_due(head, head.at) || checkpoints_.append(head);
}

Ledger::Written Ledger::write(Save& save) {
    Before before;
    if (!look_before(save, before)) {
        return Written::failed;
    }
    if (before.stale) {
        return Written::stale;
    }
    if (save.new_grant && reserve_spent_) {
        reserve_spent_ = !reserve_->hold();
        if (reserve_spent_) {
            return Written::held;
        }
    }
    Saved saved;
    if (!write_rows(save.changes, before, saved)) {
        return Written::failed;
    }
    save.outcome.emplace(std::move(saved));
    return Written::yes;
}

bool Ledger::look_before(Save& save, Before& before) {
    const Changes& changes = save.changes;
    save.new_grant = false;
    if (changes.request) {
        if (!requests_.find(changes.request->issue_id, before.request)) {
            return false;
        }
        before.stale = before.request.revision != changes.request->revision;
    }
    for (const Access& access : changes.accesses) {
        AccessTable::Found& found = before.accesses.emplace_back();
        if (!accesses_.find(access, found)) {
            return false;
        }
        before.stale = before.stale || found.revision != access.revision;
        const bool grants = access.intent && access.intent->operation == Operation::grant;
        save.new_grant = save.new_grant || (grants && !found.same_intent);
    }
    for (const KnownIdentity& identity : changes.identities) {
        std::optional<Account> known;
        if (!pins_.find_account(identity.application, identity.beneficiary_id, known)) {
            return false;
        }
        const std::string account_id = known ? known->id : std::string();
        before.stale = before.stale || (account_id != identity.replaces && account_id != identity.account.id);
    }
    return true;
}

bool Ledger::write_rows(const Changes& changes, const Before& before, Saved& saved) {
    if (changes.request) {
        saved.request_revision = before.request.revision + 1;
        if (!requests_.write(*changes.request, before.request)) {
            return false;
        }
    }
    for (std::size_t i = 0; i < changes.accesses.size(); ++i) {
        saved.access_revisions.push_back(before.accesses[i].revision + 1);
        if (!accesses_.write(changes.accesses[i], before.accesses[i])) {
            return false;
        }
    }
    for (const KnownIdentity& identity : changes.identities) {
        if (!pins_.write(identity, changes.at)) {
            return false;
        }
    }
    if (!write_audit(changes, saved)) {
        return false;
    }
    for (const Tell& tell : changes.tells) {
        if (!outbox_.write(tell, audit_.head().seq, saved.audit_head, saved.inserted_tell)) {
            return false;
        }
    }
    for (const std::string& id : changes.told) {
        if (!outbox_.mark_delivered(id)) {
            return false;
        }
    }
    for (const Tell& tell : changes.withdrawn) {
        if (!outbox_.mark_withdrawn(tell)) {
            return false;
        }
    }
    return !changes.position || write_mark_.run(position_mark, *changes.position);
}

bool Ledger::write_audit(const Changes& changes, Saved& saved) {
    for (const AuditEntry& entry : changes.audit) {
        if (!audit_.append(entry, changes.at)) {
            return false;
        }
    }
    saved.audit_seq = audit_.head().seq;
    saved.audit_head = to_hex(audit_.head().hash);
    return true;
}

void Ledger::release_claims(const Changes& changes) {
    if (changes.request) {
        claimed_requests_.release(changes.request->issue_id);
    }
    for (const Access& access : changes.accesses) {
        claimed_watches_.release(access.key);
    }
    for (const Tell& tell : changes.tells) {
        claimed_tells_.release(tell.issue_id);
    }
    for (const std::string& id : changes.told) {
        claimed_tells_.release(id.substr(0, id.find('/')));
    }
    for (const Tell& tell : changes.withdrawn) {
        claimed_tells_.release(tell.issue_id);
    }
}

template <class T> bool Ledger::collect_next(Statement& statement, TimePoint now, T& claims, DueWork& work) {
    Rows rows(statement, now);
    auto earliest = claims.first_end();
    if (rows.next() && !rows.is_null(0) && (!earliest || rows.time(0) < *earliest)) {
        earliest = rows.time(0);
    }
    if (earliest && (!work.next || *earliest < *work.next)) {
        work.next = earliest;
    }
    return !rows.failed();
}

Result<DueWork> Ledger::claim_due(TimePoint now, TimePoint lease_until, std::size_t limit) {
    if (checkpoints_.is_due(audit_.head(), now)) {
        seal();
        if (broken_) {
            return *broken_;
        }
    }
    DueWork work;
    const auto collect = [&](Statement& statement, auto& claims, auto& due, const auto& key_of) {
        claims.expire(now);
        Rows rows(statement, now);
        while (due.size() < limit && rows.next()) {
            auto key = key_of(rows);
            if (!claims.holds(key)) {
                claims.claim(key, lease_until);
                due.push_back(std::move(key));
            }
        }
        return !rows.failed();
    };
    const auto issue = [](const Rows& rows) { return rows.text(0); };
    const auto key = [](const Rows& rows) { return AccessKey(rows.text(0), rows.text(1), rows.text(2)); };
    const bool good = collect(requests_.due, claimed_requests_, work.requests, issue) &&
                      collect(outbox_.due, claimed_tells_, work.tells, issue) &&
                      collect(accesses_.due, claimed_watches_, work.watches, key) &&
                      collect_next(requests_.next_due, now, claimed_requests_, work) &&
                      collect_next(outbox_.next_due, now, claimed_tells_, work) &&
                      collect_next(accesses_.next_due, now, claimed_watches_, work);
    if (!good) {
        return fail();
    }
    return work;
}

Result<std::optional<TimePoint>> Ledger::position() {
    Rows rows(read_mark_, position_mark);
    std::optional<TimePoint> at;
    if (rows.next()) {
        at = rows.time(0);
    }
    if (rows.failed()) {
        return fail();
    }
    return at;
}

Result<Done> Ledger::pin(const std::string& application, const Entitlement& entitlement, TimePoint at) {
    if (broken_) {
        return *broken_;
    }
    if (!pins_.add(application, entitlement, at)) {
        return fail();
    }
    return Done();
}

void Ledger::tidy(bool idle) {
    if (!broken_ && database_->pages_to_copy() >= (idle ? pages_when_idle : pages_at_most) &&
        !database_->checkpoint()) {
        fail();
    }
}

void Ledger::seal() {
    const Covered covered = checkpoints_.covered();
    if (broken_ || !checkpoints_.is_behind(audit_.head())) {
        return;
    }
    if (!database_->begin() || !checkpoints_.append(audit_.head()) || !database_->commit()) {
        fail();
        database_->rollback();
        checkpoints_.set_covered(covered);
    }
}

Error Ledger::fail() {
    Error error = database_->failure();
    if (error.code() == "store.io" || error.code() == "store.corrupt") {
        broken_ = error;
    }
    return error;
}

} // namespace accessd
