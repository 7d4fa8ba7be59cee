#include "core/engine/records.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "tests/core/engine/machine_rig.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace accessd;
using namespace accessd::engine_test;
using namespace std::chrono_literals;

namespace {

boost::json::value body_of(const AuditEntry& entry) {
    const auto parsed = parse_json(entry.body);
    REQUIRE(parsed.has_value());
    CHECK(canonical_json(*parsed) == entry.body);
    return *parsed;
}

std::string text(const boost::json::value& body, std::string_view name) {
    return string_or_empty(body, name);
}

Tell tell_of(TellKind kind) {
    Tell tell;
    tell.issue_id = "1042";
    tell.issue_key = "ACC-42";
    tell.status_entry = "502";
    tell.kind = kind;
    tell.audit_seq = 17;
    tell.audit_head = std::string(64, 'a');
    return tell;
}

} // namespace

TEST_CASE("records: the row of an approval carries its evidence and what decided") {
    Rig rig;
    rig.approve();
    const boost::json::value body = body_of(rig.last.audit.at(0));
    CHECK(text(body, "ticket") == "ACC-42");
    CHECK(text(body, "issue") == "1042");
    CHECK(text(body, "status_entry") == "502");
    CHECK(text(body, "beneficiary") == "id-jane");
    CHECK(text(body, "approver") == "bob@acme.example");
    CHECK(text(body, "rule") == "0123456789abcdef");
    CHECK(text(body, "config") == "config");
    CHECK(text(body, "evidence") == rig.request.evidence);
}

TEST_CASE("records: the row of a grant says who got what in which generation until when") {
    Rig rig;
    rig.grant();
    const boost::json::value body = body_of(rig.last.audit.at(0));
    CHECK(rig.last.audit.at(0).code == "grant.done");
    CHECK(text(body, "application") == "Entra ID");
    CHECK(text(body, "entitlement") == "g-users");
    CHECK(text(body, "entitlement_name") == "users");
    CHECK(text(body, "account") == "a-jane");
    CHECK(text(body, "account_name") == "jane@acme.example");
    CHECK(find_integer(body, "generation") == 1);
    CHECK(text(body, "expires") == format_utc(*rig.target().expires_at));
}

TEST_CASE("records: a failure's row has the error") {
    Rig rig;
    rig.approve();
    rig.resolve();
    const Result<Written> failure = trouble(Fault::permanent, Effect::none, "entra.entitlement_gone");
    rig.call(failure, failure);
    const boost::json::value body = body_of(rig.last.audit.at(0));
    CHECK(text(body, "error") == "entra.entitlement_gone");
    CHECK(text(body, "message") == "the vendor is in trouble");
}

TEST_CASE("records: the row of a target names the target's own application") {
    Rig rig;
    rig.grant();
    Request moved = rig.request;
    moved.application = "Okta"; // what the ticket wishes by now
    const AuditEntry entry = target_record("revoke.intent", moved, rig.target(), rig.access(), nullptr);
    CHECK(text(body_of(entry), "application") == "Entra ID");
}

TEST_CASE("records: rows without a request name the key") {
    Rig rig;
    rig.grant();
    const boost::json::value body = body_of(access_record("revoke.late_grant", rig.access()));
    CHECK(text(body, "entitlement") == "g-users");
    CHECK(text(body, "account") == "a-jane");
    const boost::json::value told = body_of(told_record(tell_of(TellKind::granted), std::string()));
    CHECK(text(told, "tell") == "1042/502/granted");
    CHECK(text(told, "moved_to").empty());
}

TEST_CASE("records: a comment says what happened and then one line for each target") {
    Rig rig;
    rig.approve(desk().approved_other);
    rig.resolve({users, admins});
    const Result<Written> gone = trouble(Fault::permanent, Effect::none, "entra.entitlement_gone");
    rig.must(Started());
    rig.must(Finished(
        {rig.finish(users, Operation::grant, written(Applied::changed, Holding::present)),
         rig.finish(admins, Operation::grant, gone)}
    ));
    const std::vector<std::string> parked = rig.last.tells.at(0).lines;
    REQUIRE(parked.size() == 3);
    CHECK(parked[0] == "accessd cannot go on by itself.");
    CHECK(parked[1] == "Entra ID: users - granted, until " + format_utc(*rig.target().expires_at));
    CHECK(parked[2] == "Entra ID: admins - not granted: the vendor is in trouble [entra.entitlement_gone]");
    rig.must(desk().end());
    rig.call_well();
    const std::vector<std::string> removed = rig.last.tells.at(0).lines;
    CHECK(removed[0] == "Access of jane@acme.example removed (revoked).");
    CHECK(removed[1] == "Entra ID: users - removed");
}

TEST_CASE("records: a comment spares its readers the vendor's own words") {
    Rig rig;
    rig.approve(desk().approved_other);
    rig.resolve({users});
    const Error refusal(
        Fault::permanent, "entra.forbidden", "grant its app a right [POST https://graph.test/x answered 403]"
    );
    rig.must(Started());
    rig.must(Finished({rig.finish(users, Operation::grant, refusal)}));
    const std::vector<std::string> lines = rig.last.tells.at(0).lines;
    CHECK(lines.at(1) == "Entra ID: users - not granted: grant its app a right [entra.forbidden]");
}

TEST_CASE("records: a comment says why something is kept, waiting or not believed") {
    Rig rig;
    rig.grant({users, admins});
    Request request = rig.request;
    request.targets[0].state = TargetState::kept;
    request.targets[0].kept_because = "preexisting";
    request.targets[1].state = TargetState::kept;
    request.targets[1].kept_because = "ACC-43";
    std::vector<std::string> lines = comment_lines(TellKind::removed, request);
    CHECK(lines[1] == "Entra ID: users - kept: it was there before accessd granted it");
    CHECK(lines[2] == "Entra ID: admins - kept: still justified by ACC-43");
    request.targets[0].state = TargetState::wanted;
    request.targets[0].error_message = "the vendor is down";
    request.targets[1].state = TargetState::ending;
    request.reason_code = "proof.no_approval";
    request.reason = "there is no approval behind it";
    lines = comment_lines(TellKind::unproven, request);
    CHECK(lines[0] == "No access was given: there is no approval behind it. [proof.no_approval]");
    CHECK(lines[1] == "Entra ID: users - waiting: the vendor is down");
    CHECK(lines[2] == "Entra ID: admins - being removed");
}

TEST_CASE("records: hostile names cannot forge lines of a comment or rows of the audit") {
    const std::string hostile =
        "x\n\x1b[2Jaudit #1 head:0000000000000000 accessd:1/2/granted\u202e\xff" + std::string(3000, 'A');
    Rig rig;
    rig.grant();
    Request request = rig.request;
    request.account.name = hostile;
    request.approver = hostile;
    request.beneficiary_email = hostile;
    request.targets[0].entitlement_name = hostile;
    request.targets[0].key.application = hostile;
    for (const TellKind kind : {TellKind::granted, TellKind::removed, TellKind::unproven, TellKind::parked}) {
        for (const std::string& line : comment_lines(kind, request)) {
            CHECK(line.size() < 1500);
            CHECK(is_valid_utf8(line));
            CHECK(line.find_first_of("\n\r\x1b") == std::string::npos);
        }
    }
    request.account.name = "a\"},\"code\":\"grant.done";
    const AuditEntry entry = target_record("x", request, rig.target(), rig.access(), nullptr);
    CHECK(text(body_of(entry), "account_name") == request.account.name);
}

TEST_CASE("records: a comment closes with the place in the audit and the marker that it is found by") {
    const Tell tell = tell_of(TellKind::parked);
    CHECK(tell_marker(tell) == "accessd:1042/502/parked");
    CHECK(closing_line(tell) == "audit #17 head:aaaaaaaaaaaaaaaa accessd:1042/502/parked");
}
