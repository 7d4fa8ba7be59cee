#pragma once

#include "core/http/basic_token.hpp"
#include "core/jsm/cloud_source.hpp"
#include "tests/core/jsm/scripted_jira.hpp"
#include "tests/sandbox/jsm.hpp"
#include "tests/sandbox/sandbox.hpp"
#include "tests/sandbox/sandbox_transport.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace accessd::test {

inline PortalNames played_names() {
    PortalNames made;
    made.project = "ACC";
    made.grant_types = {"Request Application Access"};
    made.remove_types = {"Request Access Removal"};
    made.change_types = {"27"};
    made.application_field = "Application";
    made.access_type_field = "Access Type";
    made.approver_field = "Approver";
    made.duration_field = "customfield_10052";
    made.approved_statuses = {"Approved by Manager"};
    made.denied_statuses = {"Rejected"};
    made.revoked_statuses = {"Access Revoked"};
    made.declined_statuses = {"10014"};
    made.granted_outcome = "Access Granted";
    made.removed_outcome = "Access Removed";
    made.failed_outcome = "Needs Attention";
    return made;
}

/// The source in front of a played Jira.
class PlayedJira {
public:
    explicit PlayedJira(std::uint64_t seed = 1, std::string token = "jira-api-token")
        : world(seed), sandbox(world), transport(sandbox, world),
          tokens("accessd@acme.example", Secret(std::move(token))),
          rest(jira_profile("https://jira.test"), transport, tokens, world, world),
          source(make_cloud_source(played_names(), rest, world)) {
        sandbox.add(sandbox::make_jsm(), {"https://jira.test"});
    }

    TimePoint deadline() const { return world.now() + std::chrono::seconds(60); }

    boost::json::value control(std::string_view verb, const std::string& arguments = "{}") {
        auto answer = sandbox.control("jsm", verb, boost::json::parse(arguments), world.now());
        REQUIRE_FALSE(find_string(answer, "error"));
        return answer;
    }

    Portal connect() {
        auto portal = finish(world, source->connect(deadline()));
        if (!portal) {
            FAIL(portal.error().message());
        }
        return *portal;
    }

    Result<CandidatePage> search(SearchWindow window = SearchWindow(), std::string page = "") {
        return finish(world, source->search(std::move(window), std::move(page), deadline()));
    }

    Result<ReadTickets> read(std::vector<std::string> ids) {
        return finish(world, source->read(std::move(ids), deadline()));
    }

    Result<Told> tell(TicketMessage message) {
        return finish(world, source->tell(std::move(message), deadline()));
    }

    /// An approved request; its id.
    std::string approved_request() {
        const auto created = control("create_request");
        const std::string id = string_or_empty(created, "id");
        world.run_until(world.now() + std::chrono::seconds(5));
        control("approve", R"({"issue":")" + id + R"(","by":"bob@acme.example"})");
        return id;
    }

    void wait(Duration pause) { world.run_until(world.now() + pause); }

    SimWorld world;
    sandbox::Sandbox sandbox;
    sandbox::SandboxTransport transport;
    BasicTokenSource tokens;
    RestClient rest;
    std::unique_ptr<TicketSource> source;
};

inline TicketMessage granted(const std::string& issue_id, const std::string& marker) {
    TicketMessage message;
    message.issue_id = issue_id;
    message.marker = marker;
    message.lines = {"Access granted to \"Entra ID\".", "audit #1 " + marker};
    message.move_to = "10015";
    return message;
}

inline sandbox::FaultRule fault_once(sandbox::FaultKind kind, std::string method, std::string path) {
    sandbox::FaultRule rule(kind, std::move(method), std::move(path));
    rule.times = 1;
    return rule;
}

inline std::size_t comments_of(PlayedJira& site, const std::string& id) {
    return site.control("show", R"({"issue":")" + id + R"("})").at("comments").as_array().size();
}

inline std::string status_of(PlayedJira& site, const std::string& id) {
    return string_or_empty(site.control("show", R"({"issue":")" + id + R"("})"), "status");
}

} // namespace accessd::test
