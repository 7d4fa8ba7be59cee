#include "core/policy/decide.hpp"
#include "tests/core/policy/decisions.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <optional>

using namespace accessd;
using namespace accessd::policy_test;
using namespace std::chrono_literals;

namespace {

Decision decide_on(
    const Ticket& ticket, const Request* stored = nullptr, const Policy& policy = policy_test::policy()
) {
    return decide(ticket, policy, {}, stored);
}

std::string doubt_code(const Decision& decision) {
    const auto* distrust = std::get_if<Distrust>(&decision);
    return distrust != nullptr ? distrust->why.code : std::string();
}

bool is_unfinished(Phase phase) {
    return is_at_work(phase) || phase == Phase::unproven;
}

} // namespace

TEST_CASE("decide: a proven ticket is approved under its rule") {
    const Policy policy = policy_test::policy();
    const Decision decision = decide(ticket(), policy, {}, nullptr);
    const auto* approve = std::get_if<Approve>(&decision);
    REQUIRE(approve != nullptr);
    CHECK(approve->rule == &policy.rules[0]);
    CHECK_FALSE(approve->duration.has_value());
    CHECK(approve->proof.approver == "bob@acme.example");
}

TEST_CASE("decide: an approved status without proof is distrusted") {
    Ticket forged = ticket();
    forged.approvals.clear();
    CHECK(doubt_code(decide_on(forged)) == "proof.no_approval");
}

TEST_CASE("decide: history that does not fit the status is read again, whatever is stored") {
    Ticket torn = ticket();
    torn.status_id = status::revoked;
    CHECK(std::holds_alternative<ReadAgain>(decide_on(torn)));
    for (const Phase phase : all_phases) {
        const Request stored = handled(torn, phase);
        CHECK(std::holds_alternative<ReadAgain>(decide_on(torn, &stored)));
    }
}

TEST_CASE("decide: an approved ticket whose approvals were not read is read again") {
    Ticket unread = ticket();
    unread.has_approvals = false;
    CHECK(std::holds_alternative<ReadAgain>(decide_on(unread)));
}

TEST_CASE("decide: one status entry is handled once") {
    for (const Phase phase : all_phases) {
        const Request stored = handled(ticket(), phase);
        CHECK(is_nothing(decide_on(ticket(), &stored)));
    }
}

TEST_CASE("decide: what is granted or over is not judged again when its ticket is edited") {
    Ticket edited = ticket();
    edited.changes.push_back(change("503", at(30min), "cf_type", "Admin"));
    edited.access_type = "Admin";
    edited.updated_at = at(30min);
    for (const Phase phase : all_phases) {
        const Request stored = handled(ticket(), phase);
        CHECK(is_nothing(decide_on(edited, &stored)) == !is_unfinished(phase));
    }
}

TEST_CASE("decide: an approval that is not carried out yet is judged again when its ticket is edited") {
    Ticket edited = ticket();
    edited.updated_at = at(30min);
    for (const Phase phase : {Phase::resolving, Phase::granting}) {
        const Request stored = handled(ticket(), phase);
        CHECK(is_nothing(decide_on(edited, &stored))); // it still stands
    }
    edited.changes.push_back(change("503", at(30min), "cf_application", "x"));
    for (const Phase phase : {Phase::resolving, Phase::granting}) {
        const Request stored = handled(ticket(), phase);
        CHECK(doubt_code(decide_on(edited, &stored)) == "proof.changed_after_approval");
    }
}

TEST_CASE("decide: an unproven ticket is looked at again when it changes, and approved once it is proven") {
    Ticket forged = ticket();
    forged.approvals.clear();
    const Request stored = handled(forged, Phase::unproven);
    CHECK(is_nothing(decide_on(forged, &stored)));
    forged.updated_at = at(11min);
    CHECK(doubt_code(decide_on(forged, &stored)) == "proof.no_approval");
    Ticket proven = ticket();
    proven.updated_at = at(11min);
    CHECK(std::holds_alternative<Approve>(decide_on(proven, &stored)));
}

TEST_CASE("decide: a denied, revoked or declined status ends the claim and says who did it") {
    for (const auto& [status, code] :
         {std::pair(status::denied, "denied"),
          std::pair(status::revoked, "revoked"),
          std::pair(status::declined, "declined")}) {
        Ticket over = ticket();
        move(over, "503", at(20min), status, carol());
        CHECK(end_code(decide_on(over)) == code);
        for (const Phase phase : all_phases) {
            const Request stored = handled(ticket(), phase);
            const Decision decision = decide_on(over, &stored);
            CHECK(end_code(decision) == code);
            CHECK(std::get<End>(decision).actor == "carol@acme.example");
        }
    }
}

TEST_CASE("decide: the one who ended a claim is named by account id when Jira hides the address") {
    Ticket over = ticket();
    move(over, "503", at(20min), status::revoked, person("id-carol", ""));
    CHECK(std::get<End>(decide_on(over)).actor == "id-carol");
}

TEST_CASE("decide: a ticket created in an ending status ends with nobody's name") {
    Ticket born = ticket();
    born.changes.clear();
    born.status_id = status::denied;
    const Decision decision = decide_on(born);
    CHECK(end_code(decision) == "denied");
    CHECK(std::get<End>(decision).actor.empty());
}

TEST_CASE("decide: leaving the approved status before the access is there withdraws, unless we moved it") {
    for (const Phase phase : all_phases) {
        const Request stored = handled(ticket(), phase);
        Ticket moved = ticket();
        move(moved, "503", at(20min), status::waiting, jane());
        CHECK(end_code(decide_on(moved, &stored)) == (is_unfinished(phase) ? "withdrawn" : ""));
        Ticket ours = ticket();
        move(ours, "503", at(20min), status::granted, person("id-accessd", ""));
        CHECK(is_nothing(decide_on(ours, &stored)) == !is_at_work(phase));
    }
    Ticket unknown = ticket();
    move(unknown, "503", at(20min), status::waiting);
    CHECK(is_nothing(decide_on(unknown)));
}

TEST_CASE("decide: an unknown account of our own does not make every author ours") {
    Policy policy = policy_test::policy();
    policy.portal.own_account_id.clear();
    Ticket moved = ticket();
    move(moved, "503", at(20min), status::waiting, person("", ""));
    const Request stored = handled(ticket(), Phase::granting);
    CHECK(end_code(decide_on(moved, &stored, policy)) == "withdrawn");
}

TEST_CASE("decide: in another project only an end that came along means anything to us") {
    Ticket elsewhere = ticket();
    elsewhere.project_id = "999";
    elsewhere.updated_at = at(20min);
    CHECK(is_nothing(decide_on(elsewhere)));
    for (const Phase phase : all_phases) {
        const Request stored = handled(ticket(), phase);
        CHECK(end_code(decide_on(elsewhere, &stored)) == (is_unfinished(phase) ? "withdrawn" : ""));
    }
    Ticket revoked = elsewhere;
    move(revoked, "503", at(21min), status::revoked);
    CHECK(is_nothing(decide_on(revoked)));
    const Request stored = handled(ticket(), Phase::active);
    CHECK(end_code(decide_on(revoked, &stored)) == "revoked");
}

TEST_CASE("decide: other request types are none of ours, unless a request is known") {
    Ticket other = ticket();
    for (const std::string& type : {std::string("77"), std::string()}) {
        other.request_type_id = type;
        CHECK(is_nothing(decide_on(other)));
        Ticket over = other;
        move(over, "503", at(20min), status::revoked);
        CHECK(is_nothing(decide_on(over)));
        const Request stored = handled(ticket(), Phase::active);
        CHECK(end_code(decide_on(over, &stored)) == "revoked");
    }
}

TEST_CASE("decide: an approval is void once the request is of a type that we do not know") {
    Ticket changed = ticket();
    changed.request_type_id = "77";
    changed.updated_at = at(20min);
    for (const Phase phase : all_phases) {
        const Request stored = handled(ticket(), phase);
        CHECK(end_code(decide_on(changed, &stored)) == (is_unfinished(phase) ? "withdrawn" : ""));
    }
}

TEST_CASE("decide: a removal is proven by the same rule, and has no duration") {
    Ticket removal = ticket();
    removal.request_type_id = "8";
    removal.duration = "as long as I like";
    const Decision decision = decide_on(removal);
    const auto* approve = std::get_if<Approve>(&decision);
    REQUIRE(approve != nullptr);
    CHECK(approve->kind == RequestKind::remove);
    CHECK_FALSE(approve->duration.has_value());
    removal.approvals.clear();
    CHECK(doubt_code(decide_on(removal)) == "proof.no_approval");
}

TEST_CASE("decide: what a later removal ended is not begun again by its old approval") {
    Ticket again = ticket();
    Request stored = handled(again, Phase::ended);
    stored.status_entry = "501";
    stored.reason_code = "removed";
    stored.approved_at = at(10min);
    CHECK(doubt_code(decide_on(again, &stored)) == "proof.spent");
    stored.approved_at = at(9min);
    CHECK(std::holds_alternative<Approve>(decide_on(again, &stored)));
}

TEST_CASE("decide: without a rule nothing is granted, names are compared exactly and shown harmlessly") {
    Ticket unknown = ticket();
    SUBCASE("other application") {
        unknown.application = "Okta";
    }
    SUBCASE("other type") {
        unknown.access_type = "Admin";
    }
    SUBCASE("other case") {
        unknown.access_type = "user";
    }
    SUBCASE("empty") {
        unknown.application.clear();
    }
    SUBCASE("hostile") {
        unknown.access_type = "User\n\x1b[2J" + std::string(5000, 'x');
    }
    const Decision decision = decide_on(unknown);
    REQUIRE(park_code(decision) == "rule.none");
    const std::string& reason = std::get<Park>(decision).reason;
    CHECK(reason.size() < 500);
    CHECK(reason.find_first_of("\n\x1b") == std::string::npos);
}

TEST_CASE("decide: a lease lasts as long as the ticket wishes, and as the rule allows at most") {
    Policy policy = policy_test::policy();
    Ticket wish = ticket();
    const auto length = [&] {
        const Decision decision = decide_on(wish, nullptr, policy);
        const auto* approve = std::get_if<Approve>(&decision);
        REQUIRE(approve != nullptr);
        return approve->duration;
    };
    CHECK_FALSE(length().has_value());
    wish.duration = "30 days";
    CHECK(length() == 720h);
    AccessRule capped = rule();
    capped.max_duration = 2160h;
    policy.rules = {capped};
    CHECK(length() == 720h);
    capped.max_duration = 24h;
    policy.rules = {capped};
    CHECK(length() == 24h);
    wish.duration.clear();
    CHECK(length() == 24h);
}

TEST_CASE("decide: a duration that is not understood is parked, never taken for endless") {
    Ticket wish = ticket();
    for (const char* const text : {"for ever", "0 days", "-1 day", "99999999999999999999 days", " ", "30"}) {
        wish.duration = text;
        CHECK(park_code(decide_on(wish)) == "request.bad_duration");
    }
}

TEST_CASE("decide: moving a ticket back does not begin another lease of an approval that ran out") {
    Ticket back = ticket();
    move(back, "503", at(20min), status::granted, person("id-accessd", ""));
    move(back, "504", at(48h), status::approved, jane());
    Request stored = handled(ticket(), Phase::ended);
    CHECK(std::holds_alternative<Approve>(decide_on(back, &stored)));
    stored.reason_code = "expired";
    CHECK(doubt_code(decide_on(back, &stored)) == "proof.spent");
    SUBCASE("nor when it is moved back twice") {
        stored = handled(back, Phase::unproven);
        stored.reason_code = "proof.spent";
        move(back, "505", at(49h), status::waiting, jane());
        move(back, "506", at(50h), status::approved, jane());
        CHECK(doubt_code(decide_on(back, &stored)) == "proof.spent");
    }
    SUBCASE("a new approval does") {
        back.approvals.push_back(approval("32", at(47h), at(48h)));
        CHECK(std::holds_alternative<Approve>(decide_on(back, &stored)));
    }
}

TEST_CASE("decide: every combination of status, type, project and stored phase has a safe answer") {
    Policy policy = policy_test::policy();
    for (const std::string& status :
         {status::waiting,
          status::approved,
          status::denied,
          status::revoked,
          status::declined,
          status::granted}) {
        for (const char* const type : {"7", "8", "9", "77", ""}) {
            for (const char* const project : {"100", "999"}) {
                for (const bool proven : {true, false}) {
                    for (std::size_t stored_phase = 0; stored_phase <= phase_count; ++stored_phase) {
                        Ticket any = ticket();
                        any.request_type_id = type;
                        any.project_id = project;
                        if (!proven) {
                            any.approvals.clear();
                        }
                        move(any, "600", at(20min), status, carol());
                        std::optional<Request> stored;
                        if (stored_phase < phase_count) {
                            stored = handled(ticket(), all_phases[stored_phase]);
                        }
                        const Decision decision = decide_on(any, stored ? &*stored : nullptr, policy);
                        const bool ours = std::string(project) == "100";
                        const bool known = policy.portal.request_kind(type) != nullptr;
                        const bool grantable = ours && status == status::approved && known && proven;
                        CHECK(std::holds_alternative<Approve>(decision) == grantable);
                        const bool ends = status == status::denied || status == status::revoked ||
                                          status == status::declined;
                        if (ours && ends && stored) {
                            CHECK(std::holds_alternative<End>(decision));
                        }
                        if (!stored && !ours) {
                            CHECK(is_nothing(decision));
                        }
                    }
                }
            }
        }
    }
}
