#include "core/policy/proof.hpp"
#include "tests/core/jsm/played_jira.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace accessd;
using namespace accessd::test;

namespace {

/// A Jira whose approvals are transitions, with one request that somebody moved.
class MovedTicket {
public:
    explicit MovedTicket(const std::string& by) {
        PortalNames names = played_names();
        names.evidence = EvidenceSource::transition;
        site.source = make_cloud_source(std::move(names), site.rest, site.world);
        portal = site.connect();
        id = string_or_empty(site.control("create_request"), "id");
        site.wait(std::chrono::seconds(5));
        site.control("move", R"({"issue":")" + id + R"(","to":"Approved by Manager","by":")" + by + R"("})");
        site.wait(std::chrono::seconds(5));
    }

    Ticket read() {
        auto tickets = site.read({id});
        REQUIRE(tickets);
        REQUIRE(tickets->tickets.size() == 1);
        return tickets->tickets.front();
    }

    std::string refusal(const Ticket& ticket, const std::string& approver) const {
        AccessRule rule;
        rule.approvers.users = {approver};
        const auto judged = prove(ticket, portal, rule, {});
        const auto* unproven = std::get_if<Unproven>(&judged);
        return unproven != nullptr ? unproven->code : std::string();
    }

    PlayedJira site;
    Portal portal;
    std::string id;
};

} // namespace

TEST_CASE("transition: who moved a ticket in Jira is read from its changelog, approvals are not asked for") {
    MovedTicket moved("bob@acme.example");
    const Ticket ticket = moved.read();
    CHECK_FALSE(ticket.has_approvals);
    REQUIRE(ticket.creator.has_value());
    CHECK(ticket.creator->account_id == ticket.reporter.account_id);
    REQUIRE_FALSE(ticket.changes.empty());
    const std::string bob = ticket.changes.back().author.account_id;
    CHECK(moved.refusal(ticket, bob).empty());
    CHECK(moved.refusal(ticket, "somebody-else") == "proof.approver_not_allowed");
    moved.site.control(
        "edit_field",
        R"({"issue":")" + moved.id + R"(","field":"Access Type","value":"Admin","by":"jane@acme.example"})"
    );
    CHECK(moved.refusal(moved.read(), bob) == "proof.changed_after_approval");
}

TEST_CASE("transition: who moves their own request, or an automation that no rule lists, proves nothing") {
    MovedTicket own("jane@acme.example");
    CHECK(own.refusal(own.read(), "jane@acme.example") == "proof.self_approval");
    MovedTicket automatic("557058:f58131cb-b67d-43c7-b30d-6b58d40bd077");
    const Ticket ticket = automatic.read();
    CHECK(automatic.refusal(ticket, "bob@acme.example") == "proof.approver_inactive");
    CHECK(automatic.refusal(ticket, ticket.changes.back().author.account_id).empty());
}
