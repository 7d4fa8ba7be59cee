#include "tests/core/store/fixture.hpp"

#include <doctest/doctest.h>

using namespace accessd;
using namespace accessd::store_test;

namespace {

using Ids = std::vector<std::string>;

Target full_target() {
    Target made = target(key("account-1"), TargetState::kept);
    made.spares = true;
    made.remind_at = at(90);
    made.kept_because = "ACC-7";
    made.expires_at = at(100);
    made.attempts = 3;
    made.first_failed_at = at(5);
    made.wake_at = at(6);
    made.error_code = "entra.throttled";
    made.error_message = "slow down";
    return made;
}

Request full_request() {
    Request made = request("1042", Phase::ending);
    made.kind = RequestKind::remove;
    made.entitlement_names = Ids{"jira-software-users", "quote\" back\\ \xff new\nline"};
    made.replaced_type = "Admin";
    made.replaced_names = Ids{"admins", "more"};
    made.rule_hash = "0123456789abcdef";
    made.config_hash = "fedcba9876543210";
    made.revoke_preexisting = true;
    made.duration = Duration(90061001);
    made.beneficiary_id = "5b10";
    made.beneficiary_email = "jane@acme.example";
    made.approver = "bob@acme.example";
    made.approved_at = at(-10);
    made.evidence = R"({"approval":"17"})";
    made.account = Account("account-1", std::string("ja\0ne", 5));
    made.targets = std::vector<Target>{full_target(), target(key("account-1", "group-2"), TargetState::gone)};
    made.reason_code = "revoked";
    made.reason = "The ticket says so.";
    made.attempts = 4;
    made.first_failed_at = at(2);
    made.wake_at = at(3);
    made.vanished_at = at(4);
    made.updated_at = at(-3);
    return made;
}

void check_same(const Target& left, const Target& right) {
    CHECK(left.key == right.key);
    CHECK(left.entitlement_name == right.entitlement_name);
    CHECK(left.state == right.state);
    CHECK(left.spares == right.spares);
    CHECK(left.remind_at == right.remind_at);
    CHECK(left.kept_because == right.kept_because);
    CHECK(left.expires_at == right.expires_at);
    CHECK(left.attempts == right.attempts);
    CHECK(left.first_failed_at == right.first_failed_at);
    CHECK(left.wake_at == right.wake_at);
    CHECK(left.error_code == right.error_code);
    CHECK(left.error_message == right.error_message);
}

void check_same(const Request& left, const Request& right) {
    CHECK(left.issue_id == right.issue_id);
    CHECK(left.issue_key == right.issue_key);
    CHECK(left.status_entry == right.status_entry);
    CHECK(left.phase == right.phase);
    CHECK(left.kind == right.kind);
    CHECK(left.application == right.application);
    CHECK(left.access_type == right.access_type);
    CHECK(left.entitlement_names == right.entitlement_names);
    CHECK(left.replaced_type == right.replaced_type);
    CHECK(left.replaced_names == right.replaced_names);
    CHECK(left.rule_hash == right.rule_hash);
    CHECK(left.config_hash == right.config_hash);
    CHECK(left.revoke_preexisting == right.revoke_preexisting);
    CHECK(left.duration == right.duration);
    CHECK(left.beneficiary_id == right.beneficiary_id);
    CHECK(left.beneficiary_email == right.beneficiary_email);
    CHECK(left.approver == right.approver);
    CHECK(left.approved_at == right.approved_at);
    CHECK(left.evidence == right.evidence);
    CHECK(left.account.id == right.account.id);
    CHECK(left.account.name == right.account.name);
    CHECK(left.reason_code == right.reason_code);
    CHECK(left.reason == right.reason);
    CHECK(left.attempts == right.attempts);
    CHECK(left.first_failed_at == right.first_failed_at);
    CHECK(left.wake_at == right.wake_at);
    CHECK(left.vanished_at == right.vanished_at);
    CHECK(left.seen_at == right.seen_at);
    CHECK(left.updated_at == right.updated_at);
    REQUIRE(left.targets.size() == right.targets.size());
    for (std::size_t i = 0; i < left.targets.size(); ++i) {
        check_same(left.targets[i], right.targets[i]);
    }
}

Access full_access() {
    Access made(key("account-1"));
    made.desired = true;
    made.generation = 7;
    made.intent = Intent(Operation::revoke, "1042", at(9));
    made.grant_uncertain = true;
    made.owned = true;
    made.preexisting = true;
    made.watch_stage = 2;
    made.watch_at = at(11);
    made.barred_until = at(12);
    return made;
}

} // namespace

TEST_CASE("store: a request comes back with every field, also after a restart") {
    Fixture f;
    const Request written = full_request();
    CHECK(f.save(changes_of(written)).request_revision == 1);
    f.reopen();
    const StoredRequest read = f.load("1042");
    check_same(read.request, written);
    CHECK(read.request.revision == 1);
    CHECK(read.tells.empty());
}

TEST_CASE("store: every field of a request can change, and targets can go") {
    Fixture f;
    Request first = request("1042");
    first.targets = std::vector<Target>(3, target(key("a"), TargetState::wanted));
    first.revision = f.save(changes_of(first)).request_revision;
    Request second = full_request();
    second.revision = first.revision;
    CHECK(f.save(changes_of(second)).request_revision == 2);
    const Request read = f.load("1042").request;
    check_same(read, second);
    CHECK(read.revision == 2);
}

TEST_CASE("store: what is not known is not loaded") {
    Fixture f;
    f.save(changes_of(request("1")));
    auto found = run(f.world, f.store->load(Ids{"1", "2", "3"}));
    REQUIRE(found.has_value());
    CHECK(found->size() == 1);
}

TEST_CASE("store: a key comes back with every field, an unknown one as new") {
    Fixture f;
    const Access written = full_access();
    CHECK(f.save(changes_of(written)).access_revisions == std::vector<std::int64_t>{1});
    const Access read = f.load_access(written.key).access;
    CHECK(read.key == written.key);
    CHECK(read.desired);
    CHECK(read.generation == 7);
    REQUIRE(read.intent.has_value());
    CHECK(read.intent->operation == Operation::revoke);
    CHECK(read.intent->issue_id == "1042");
    CHECK(read.intent->at == at(9));
    CHECK(read.grant_uncertain);
    CHECK(read.owned);
    CHECK(read.preexisting);
    CHECK(read.watch_stage == 2);
    CHECK(read.watch_at == at(11));
    CHECK(read.barred_until == at(12));
    CHECK(read.revision == 1);

    const Access unknown = f.load_access(key("nobody")).access;
    CHECK(unknown.key == key("nobody"));
    CHECK(unknown.revision == 0);
    CHECK_FALSE(unknown.intent.has_value());
}

TEST_CASE("store: a key that changes keeps nothing of before") {
    Fixture f;
    Access access = full_access();
    f.save(changes_of(access));
    access = Access(access.key);
    access.revision = 1;
    CHECK(f.save(changes_of(access)).access_revisions == std::vector<std::int64_t>{2});
    const Access read = f.load_access(access.key).access;
    CHECK_FALSE(read.desired);
    CHECK(read.generation == 0);
    CHECK_FALSE(read.intent.has_value());
    CHECK_FALSE(read.grant_uncertain);
    CHECK_FALSE(read.owned);
    CHECK_FALSE(read.preexisting);
    CHECK(read.watch_stage == 0);
    CHECK_FALSE(read.watch_at.has_value());
    CHECK_FALSE(read.barred_until.has_value());
    CHECK(read.revision == 2);
}

TEST_CASE("store: whoever saves an old revision is told so") {
    Fixture f;
    f.save(changes_of(request("1042")));
    CHECK(f.refused(changes_of(request("1042"))) == "store.stale"); // as if it were new
    Request read = f.load("1042").request;
    f.save(changes_of(read));
    CHECK(f.refused(changes_of(read)) == "store.stale");
    Request invented = request("1043");
    invented.revision = 5;
    CHECK(f.refused(changes_of(invented)) == "store.stale");
}

TEST_CASE("store: one old revision and nothing of the save is written") {
    Fixture f;
    f.save(changes_of(Access(key("account-1"))));
    Changes changes = changes_of(request("1042"));
    changes.accesses.emplace_back(key("account-2"));
    changes.accesses.emplace_back(key("account-1")); // stored meanwhile
    changes.tells.push_back(tell("1042"));
    changes.audit.emplace_back("grant.intent", "{}");
    changes.position = at(50);
    CHECK(f.refused(changes) == "store.stale");
    CHECK(run(f.world, f.store->load(Ids(1, "1042")))->empty());
    CHECK(f.load_access(key("account-2")).access.revision == 0);
    CHECK_FALSE(run(f.world, f.store->position())->has_value());
    changes.accesses.back().revision = 1;
    const Saved saved = f.save(changes);
    CHECK(saved.audit_seq == 1);
    CHECK(saved.inserted_tell);
    CHECK(saved.access_revisions == std::vector<std::int64_t>{1, 2});
}

TEST_CASE("store: leases of a person are what their requests want or hold, in every application") {
    Fixture f;
    int issue = 0;
    for (const TargetState state :
         {TargetState::wanted,
          TargetState::held,
          TargetState::ending,
          TargetState::leaving,
          TargetState::gone}) {
        Request made = request(std::to_string(issue++), Phase::granting);
        made.beneficiary_id = "5b10";
        made.targets = {target(key("jane"), state), target(AccessKey("Okta", "g", "jane"), state)};
        f.save(changes_of(made));
    }
    Request other = request("9", Phase::active);
    other.beneficiary_id = "5b1";
    other.targets = {target(key("bob"), TargetState::held)};
    f.save(changes_of(other));
    const std::vector<Lease> leases = f.leases("5b10");
    REQUIRE(leases.size() == 4);
    CHECK(leases[0].issue_id == "0");
    CHECK(leases[0].issue_key == "ACC-0");
    CHECK(leases[0].key == key("jane"));
    CHECK(leases[0].entitlement_name == "jira-software-users");
    CHECK(leases[1].key.application == "Okta");
    CHECK(leases[3].issue_id == "1");
    CHECK(f.leases("5b1").size() == 1);
    CHECK(f.leases("").empty());
}

TEST_CASE("store: holders of a key are the requests that want or hold it") {
    Fixture f;
    const std::vector<TargetState> states{
        TargetState::wanted,
        TargetState::held,
        TargetState::ending,
        TargetState::gone,
        TargetState::kept,
        TargetState::refused};
    for (std::size_t i = 0; i < states.size(); ++i) {
        Request holder = request(std::to_string(i), Phase::active);
        holder.targets.push_back(target(key("shared"), states[i]));
        f.save(changes_of(holder));
    }
    using Holders = std::vector<std::pair<std::string, std::string>>;
    CHECK(f.load_access(key("shared")).holders == Holders{{"0", "ACC-0"}, {"1", "ACC-1"}});
    CHECK(f.load_access(key("shared", "group-2")).holders.empty());

    Request wants = f.load("0").request;
    wants.targets.front().state = TargetState::held;
    f.save(changes_of(wants));
    Request held = f.load("1").request;
    held.targets.front().state = TargetState::ending;
    f.save(changes_of(held));
    CHECK(f.load_access(key("shared")).holders == Holders{{"0", "ACC-0"}});

    Request moved = f.load("0").request;
    moved.targets.front().key = key("other");
    f.save(changes_of(moved));
    CHECK(f.load_access(key("shared")).holders.empty());
    CHECK(f.load_access(key("other")).holders == Holders{{"0", "ACC-0"}});
}

TEST_CASE("store: the first name that is pinned stays") {
    Fixture f;
    CHECK_FALSE(run(f.world, f.store->pinned("Entra ID", "users"))->has_value());
    CHECK(run(f.world, f.store->pin("Entra ID", Entitlement("id-1", "users"), at(0))).has_value());
    CHECK(run(f.world, f.store->pin("Entra ID", Entitlement("id-2", "users"), at(1))).has_value());
    CHECK(run(f.world, f.store->pin("Okta", Entitlement("id-3", "users"), at(1))).has_value());
    f.reopen();
    const auto pinned = run(f.world, f.store->pinned("Entra ID", "users"));
    REQUIRE(pinned->has_value());
    CHECK((*pinned)->id == "id-1");
    CHECK((*pinned)->name == "users");
}

TEST_CASE("store: the position of polling is kept") {
    Fixture f;
    CHECK_FALSE(run(f.world, f.store->position())->has_value());
    for (const std::int64_t second : {20, 10}) {
        Changes changes;
        changes.position = at(second);
        f.save(changes);
    }
    f.reopen();
    CHECK(*run(f.world, f.store->position()) == at(10));
}

TEST_CASE("store: open intents name their requests") {
    Fixture f;
    Access other(key("account-2"));
    other.intent = Intent(Operation::grant, "77", at(0));
    Access same(key("account-3"));
    same.intent = Intent(Operation::grant, "77", at(0));
    for (const Access& access : {full_access(), other, same, Access(key("account-4"))}) {
        f.save(changes_of(access));
    }
    f.reopen();
    CHECK(*run(f.world, f.store->open_intents()) == Ids{"1042", "77"});
    other.intent.reset();
    other.revision = 1;
    same.intent.reset();
    same.revision = 1;
    f.save(changes_of(other));
    f.save(changes_of(same));
    CHECK(*run(f.world, f.store->open_intents()) == Ids{"1042"});
}

TEST_CASE("store: live requests come in pages, in order of issue id") {
    Fixture f;
    const std::vector<std::pair<std::string, Phase>> phases{
        {"1", Phase::resolving},
        {"2", Phase::granting},
        {"3", Phase::active},
        {"4", Phase::ending},
        {"5", Phase::ended},
        {"6", Phase::unproven},
        {"7", Phase::parked}};
    for (const auto& [issue_id, phase] : phases) {
        f.save(changes_of(request(issue_id, phase)));
    }
    Request gone = f.load("2").request;
    gone.vanished_at = at(40);
    f.save(changes_of(gone));
    Request over = f.load("3").request;
    over.phase = Phase::ended;
    f.save(changes_of(over));
    const auto first = run(f.world, f.store->live("", 2));
    REQUIRE(first->size() == 2);
    CHECK((*first)[0].issue_id == "1");
    CHECK_FALSE((*first)[0].vanished_at.has_value());
    CHECK((*first)[1].issue_id == "2");
    CHECK((*first)[1].vanished_at == at(40));
    const auto second = run(f.world, f.store->live("2", 2));
    REQUIRE(second->size() == 1);
    CHECK(second->front().issue_id == "4");
}
