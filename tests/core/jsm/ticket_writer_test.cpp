#include "core/jsm/ticket_writer.hpp"
#include "tests/core/jsm/scripted_jira.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

using namespace accessd;
using namespace std::chrono_literals;
using test::ScriptedJira;

namespace {

const std::string transitions = R"({"transitions":[
    {"id":"11","name":"Screened","to":{"id":"20","name":"Granted"},"hasScreen":true},
    {"id":"21","name":"Grant","to":{"id":"20","name":"Granted"},"hasScreen":false},
    {"id":"31","name":"Close","to":{"id":"30","name":"Closed"}}]})";

const std::string ours = R"({"comments":[{"id":"500","author":{"accountId":"557058:own"},"jsdPublic":true,
    "body":{"type":"doc","version":1,"content":[{"type":"paragraph","content":[
        {"type":"text","text":"Done. [accessd:1]"}]}]}}]})";

const std::string theirs = R"({"comments":[{"id":"501","author":{"accountId":"557058:jane"},
    "body":{"type":"doc","version":1,"content":[{"type":"paragraph","content":[
        {"type":"text","text":"you wrote [accessd:1]"}]}]}}]})";

const std::string posted = R"({"id":"500","jsdPublic":true})";
const std::string posted_hidden = R"({"id":"500","jsdPublic":false})";

TicketMessage message() {
    TicketMessage made;
    made.issue_id = "10100";
    made.marker = "[accessd:1]";
    made.lines = {"Access granted.", "audit #1 [accessd:1]"};
    made.move_to = "20";
    return made;
}

std::string status(const std::string& id) {
    return R"({"id":"10100","key":"ACC-1","fields":{"status":{"id":")" + id + R"("}}})";
}

/// A writer that has read the ticket, so that it knows its type.
class Writing : public ScriptedJira {
public:
    Writing() : writer(rest, world) {
        ReadTickets read;
        Ticket ticket;
        ticket.issue_id = "10100";
        ticket.issue_type_id = "10039";
        read.tickets.push_back(ticket);
        ticket.issue_id = "10101";
        read.tickets.push_back(ticket);
        writer.note(read);
    }

    Result<Told> tell(TicketMessage what) {
        return test::finish(world, writer.tell("557058:own", std::move(what), deadline()));
    }

    /// The first delivery, which learns the transition and sees that comments arrive with it.
    void learn() {
        transport.answer("GET", "/transitions", 200, transitions);
        transport.answer("POST", "/transitions", 204);
        transport.answer("GET", "/comment", 200, ours);
        REQUIRE(tell(message()));
        transport.requests.clear();
    }

    TicketWriter writer;
};

const std::string post_move = "POST /rest/api/3/issue/10100/transitions";
const std::string list_moves = "GET /rest/api/3/issue/10100/transitions";
const std::string post_comment = "POST /rest/api/3/issue/10100/comment";
const std::string list_comments =
    "GET /rest/api/3/issue/10100/comment?orderBy=-created&maxResults=50&expand=properties";
const std::string get_status = "GET /rest/api/3/issue/10100?fields=status";

using Lines = std::vector<std::string>;

} // namespace

TEST_CASE("tell: once the transition is known, comment and move are exactly one call") {
    Writing jira;
    jira.learn();
    for (const char* id : {"10100", "10101"}) {
        jira.transport.answer("POST", "/transitions", 204);
        auto next = message();
        next.issue_id = id;
        const auto told = jira.tell(next);
        REQUIRE(told);
        CHECK(told->comment == Applied::changed);
        CHECK(told->moved);
        CHECK(told->not_moved_why.empty());
    }
    REQUIRE(jira.transport.requests.size() == 2);
    const auto body = jira.transport.body(0);
    CHECK(body.at("transition").at("id") == "21"); // the one without a screen
    const auto& document = body.at("update").at("comment").at(0).at("add").at("body");
    CHECK(document.at("type") == "doc");
    CHECK(document.at("content").as_array().size() == 2);
    CHECK(body.as_object().size() == 2);
}

TEST_CASE("tell: the first time it looks whether Jira dropped the comment, and posts it if so") {
    Writing jira;
    jira.transport.answer("GET", "/transitions", 200, transitions);
    jira.transport.answer("POST", "/transitions", 204);
    jira.transport.answer("GET", "/comment", 200, R"({"comments":[]})");
    jira.transport.answer("POST", "/comment", 201, posted);
    const auto told = jira.tell(message());
    REQUIRE(told);
    CHECK(told->moved);
    CHECK(told->comment == Applied::changed);
    CHECK(jira.transport.log() == Lines{list_moves, post_move, list_comments, post_comment});

    jira.transport.requests.clear();
    jira.transport.answer("POST", "/comment", 201, posted);
    jira.transport.answer("POST", "/transitions", 204);
    REQUIRE(jira.tell(message()));
    CHECK(jira.transport.log() == Lines{post_comment, post_move});
}

TEST_CASE("tell: for a ticket of unknown type the transition is looked up each time") {
    Writing jira;
    jira.learn();
    jira.transport.answer("GET", "/transitions", 200, transitions);
    jira.transport.answer("POST", "/transitions", 204);
    auto stranger = message();
    stranger.issue_id = "777";
    stranger.lines.clear();
    const auto told = jira.tell(stranger);
    REQUIRE(told);
    CHECK(told->moved);
    CHECK(told->comment == Applied::already_so);
    CHECK(jira.transport.requests.size() == 2);
}

TEST_CASE("tell: a remembered transition that is refused is looked up once more") {
    Writing jira;
    jira.learn();
    jira.transport.answer("POST", "/transitions", 400, R"({"errorMessages":["gone"]})");
    jira.transport.answer("GET", "/transitions", 200, R"({"transitions":[{"id":"41","to":{"id":"20"}}]})");
    jira.transport.answer("POST", "/transitions", 204);
    jira.transport.answer("GET", "/comment", 200, ours);
    const auto told = jira.tell(message());
    REQUIRE(told);
    CHECK(told->moved);
    CHECK(jira.transport.log() == Lines{post_move, list_moves, post_move, list_comments});
    CHECK(jira.transport.body(2).at("transition").at("id") == "41");
}

TEST_CASE("tell: what was learned of a workflow is forgotten after ten minutes") {
    Writing jira;
    jira.learn();
    jira.world.run_until(jira.world.now() + 11min);
    jira.transport.answer("GET", "/transitions", 200, transitions);
    jira.transport.answer("POST", "/transitions", 204);
    jira.transport.answer("GET", "/comment", 200, ours);
    REQUIRE(jira.tell(message()));
    CHECK(jira.transport.log() == Lines{list_moves, post_move, list_comments});
}

TEST_CASE("tell: without a transition to the status the comment goes alone and says what exists") {
    Writing jira;
    jira.transport.answer("GET", "/transitions", 200, transitions);
    jira.transport.answer("GET", "fields=status", 200, status("10"));
    jira.transport.answer("POST", "/comment", 201, posted);
    auto lost = message();
    lost.move_to = "99";
    const auto told = jira.tell(lost);
    REQUIRE(told);
    CHECK_FALSE(told->moved);
    CHECK(told->comment == Applied::changed);
    CHECK(told->not_moved_why.find("\"Close\" to \"Closed\"") != std::string::npos);
    CHECK(jira.transport.log() == Lines{list_moves, get_status, post_comment});
}

TEST_CASE("tell: a ticket that somebody has moved there already counts as moved") {
    Writing jira;
    jira.transport.answer("GET", "/transitions", 200, R"({"transitions":[]})");
    jira.transport.answer("GET", "fields=status", 200, status("20"));
    jira.transport.answer("POST", "/comment", 201, posted);
    const auto told = jira.tell(message());
    REQUIRE(told);
    CHECK(told->moved);
    CHECK(told->not_moved_why.empty());
}

TEST_CASE("tell: a transition that refuses everything leaves the comment and Jira's words") {
    Writing jira;
    jira.transport.answer("GET", "/transitions", 200, transitions);
    jira.transport.answer("POST", "/transitions", 400, R"({"errors":{"resolution":"required"}})");
    jira.transport.answer("POST", "/comment", 201, posted);
    jira.transport.answer("POST", "/transitions", 400, R"({"errors":{"resolution":"required"}})");
    jira.transport.answer("GET", "/transitions", 200, transitions);
    jira.transport.answer("POST", "/transitions", 422, R"({"errorMessages":["broken"]})");
    const auto told = jira.tell(message());
    REQUIRE(told);
    CHECK_FALSE(told->moved);
    CHECK(told->comment == Applied::changed);
    CHECK(told->not_moved_why.find("broken") != std::string::npos);
    CHECK(told->not_moved_why.find("\"Grant\" to \"Granted\"") != std::string::npos);
    CHECK(jira.transport.used_up());
}

TEST_CASE("tell: an internal note is a comment of its own, hidden and checked") {
    Writing jira;
    jira.learn();
    jira.transport.answer("POST", "/comment", 201, posted_hidden);
    jira.transport.answer("POST", "/transitions", 204);
    auto note = message();
    note.visibility = Comments::internal;
    const auto told = jira.tell(note);
    REQUIRE(told);
    CHECK(told->moved);
    CHECK(jira.transport.log() == Lines{post_comment, post_move});
    CHECK(
        boost::json::serialize(jira.transport.body(0).at("properties")) ==
        R"([{"key":"sd.public.comment","value":{"internal":true}},)"
        R"({"key":"accessd.event","value":{"id":"[accessd:1]"}}])"
    );
    CHECK_FALSE(jira.transport.body(1).as_object().contains("update"));
}

TEST_CASE("tell: an internal note that comes out public is deleted at once") {
    for (const char* answer : {R"({"id":"500","jsdPublic":true})", R"({"id":"500"})"}) {
        CAPTURE(answer);
        Writing jira;
        jira.transport.answer("POST", "/comment", 201, answer);
        jira.transport.answer("DELETE", "/rest/api/3/issue/10100/comment/500", 204);
        auto note = message();
        note.visibility = Comments::internal;
        const auto told = jira.tell(note);
        REQUIRE_FALSE(told);
        CHECK(told.error().code() == "jira.comment_leaked");
        CHECK(told.error().fault() == Fault::permanent);
        CHECK(jira.transport.used_up());
        CHECK(jira.transport.requests.size() == 2);
    }
}

TEST_CASE("tell: looking first finds what an earlier attempt did and does the rest") {
    Writing jira;
    auto again = message();
    again.look_first = true;

    jira.transport.answer("GET", "/comment", 200, ours);
    jira.transport.answer("GET", "fields=status", 200, status("20"));
    const auto nothing_left = jira.tell(again);
    REQUIRE(nothing_left);
    CHECK(nothing_left->comment == Applied::already_so);
    CHECK(nothing_left->moved);
    CHECK(jira.transport.log() == Lines{list_comments, get_status});

    jira.transport.requests.clear();
    jira.transport.answer("GET", "/comment", 200, ours);
    jira.transport.answer("GET", "fields=status", 200, status("10"));
    jira.transport.answer("GET", "/transitions", 200, transitions);
    jira.transport.answer("POST", "/transitions", 204);
    const auto moved = jira.tell(again);
    REQUIRE(moved);
    CHECK(moved->comment == Applied::already_so);
    CHECK(moved->moved);
    CHECK(jira.transport.log() == Lines{list_comments, get_status, list_moves, post_move});
    CHECK_FALSE(jira.transport.body(3).as_object().contains("update"));

    jira.transport.requests.clear();
    jira.transport.answer("GET", "/comment", 200, theirs); // a copy by somebody else does not count
    jira.transport.answer("GET", "fields=status", 200, status("20"));
    jira.transport.answer("POST", "/comment", 201, posted);
    const auto commented = jira.tell(again);
    REQUIRE(commented);
    CHECK(commented->comment == Applied::changed);
    CHECK(commented->moved);
}

TEST_CASE("tell: with comments switched off only the move is made") {
    Writing jira;
    jira.learn();
    jira.transport.answer("POST", "/transitions", 204);
    auto silent = message();
    silent.visibility = Comments::none;
    const auto told = jira.tell(silent);
    REQUIRE(told);
    CHECK(told->moved);
    CHECK(jira.transport.log() == Lines{post_move});
    CHECK_FALSE(jira.transport.body(0).as_object().contains("update"));
}

TEST_CASE("tell: a failure before anything was done keeps its effect, one after it is unknown") {
    Writing jira;
    jira.learn();
    jira.transport.answer("POST", "/transitions", 409, R"({"errorMessages":["conflict"]})");
    const auto refused = jira.tell(message());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().fault() == Fault::transient);
    CHECK(refused.error().effect() == Effect::none);

    auto note = message();
    note.visibility = Comments::internal;
    jira.transport.answer("POST", "/comment", 201, posted_hidden);
    jira.transport.answer("POST", "/transitions", 409, R"({"errorMessages":["conflict"]})");
    const auto half = jira.tell(note);
    REQUIRE_FALSE(half);
    CHECK(half.error().effect() == Effect::unknown);
}

TEST_CASE("tell: a text that lacks the marker gets it, so that it can be found again") {
    Writing jira;
    jira.transport.answer("POST", "/comment", 201, posted);
    auto plain = message();
    plain.move_to.clear();
    plain.lines = {"Access granted."};
    REQUIRE(jira.tell(plain));
    CHECK(jira.transport.requests.at(0).body.find("\"text\":\"[accessd:1]\"") != std::string::npos);
}

TEST_CASE("tell: a list of comments that cannot be read is not one without our comment") {
    for (const char* page : {
             "",
             "{}",
             "[]",
             R"({"comments":null})",
             R"({"comments":[7]})",
             R"({"comments":[{"id":null,"author":{}}]})",
         }) {
        CAPTURE(page);
        Writing jira;
        jira.transport.answer("GET", "/comment", 200, page);
        auto again = message();
        again.look_first = true;
        const auto told = jira.tell(again);
        REQUIRE_FALSE(told);
        CHECK(told.error().fault() == Fault::transient);
        CHECK(told.error().code() == "jira.malformed_answer");
        CHECK(jira.transport.requests.size() == 1);
    }
}

TEST_CASE("tell: a list of transitions that cannot be read is not one without the way") {
    for (const char* list : {
             "",
             "{}",
             R"({"transitions":{}})",
             R"({"transitions":[{"id":"21"}]})",
             R"({"transitions":[{"id":21,"to":{"id":"20"}}]})",
             R"({"transitions":[{"id":"21","to":{"id":null}}]})",
         }) {
        CAPTURE(list);
        Writing jira;
        jira.transport.answer("GET", "/transitions", 200, list);
        const auto told = jira.tell(message());
        REQUIRE_FALSE(told);
        CHECK(told.error().code() == "jira.malformed_answer");
        CHECK(jira.transport.requests.size() == 1);
    }
}
