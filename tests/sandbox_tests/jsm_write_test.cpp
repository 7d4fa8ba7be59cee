#include "tests/sandbox_tests/jsm_site.hpp"

namespace accessd::sandbox {

namespace {

std::string url(std::string_view id, std::string_view rest) {
    return "/rest/api/3/issue/" + std::string(id) + std::string(rest);
}

boost::json::value transition(std::string_view id, std::string_view comment = "") {
    boost::json::object body{{"transition", {{"id", id}}}};
    if (!comment.empty()) {
        boost::json::object add{{"add", boost::json::object{{"body", adf(comment)}}}};
        boost::json::array acts;
        acts.push_back(std::move(add));
        body["update"] = boost::json::object{{"comment", std::move(acts)}};
    }
    return body;
}

boost::json::object internal_comment(std::string_view text) {
    boost::json::array properties;
    properties.push_back({{"key", "sd.public.comment"}, {"value", {{"internal", true}}}});
    return {{"body", adf(text)}, {"properties", std::move(properties)}};
}

} // namespace

TEST_CASE("jsm comment: it is posted, public unless its property says internal") {
    JsmSite site;
    const std::string id = site.approved();
    const auto open = site.body(site.post(url(id, "/comment"), {{"body", adf("Access granted")}}), 201);
    CHECK(at(open, "jsdPublic")->get_bool());
    CHECK(text_at(open, "author.emailAddress") == "accessd@acme.example");
    CHECK(*at(open, "body") == adf("Access granted"));
    const auto note = site.body(site.post(url(id, "/comment"), internal_comment("note")), 201);
    CHECK_FALSE(at(note, "jsdPublic")->get_bool());
    site.pass(Duration(1000));
    const auto shown = site.act("show", {{"issue", id}});
    CHECK(text_at(shown, "comments.0.text") == "Access granted");
    CHECK_FALSE(at(shown, "comments.1.public")->get_bool());
    CHECK(
        site.model.handle(site.request("DELETE", url(id, "/comment/" + text_at(note, "id"))), site.now)
            .status == 204
    );
    check_refused(site.get(url(id, "/comment/" + text_at(note, "id"))), 404, "comment");
    CHECK(site.get(url(id, "/comment/" + text_at(open, "id"))).status == 200);
}

TEST_CASE("jsm comment: the list is ordered, paged and shows properties when asked") {
    JsmSite site;
    const std::string id = site.approved();
    for (const char* text : {"one", "two", "three"}) {
        site.post(url(id, "/comment"), internal_comment(text));
        site.pass(Duration(10));
    }
    const auto list =
        site.body(site.get(url(id, "/comment?orderBy=-created&maxResults=2&expand=properties")));
    CHECK(at(list, "total")->get_int64() == 3);
    REQUIRE(size_at(list, "comments") == 2);
    CHECK(*at(list, "comments.0.body") == adf("three"));
    CHECK(text_at(list, "comments.0.properties.0.key") == "sd.public.comment");
    const auto rest = site.body(site.get(url(id, "/comment?startAt=2")));
    CHECK(*at(rest, "comments.0.body") == adf("three"));
    CHECK(at(rest, "comments.0.properties") == nullptr);
    site.act("set", {{"comment_properties", false}});
    const auto bare = site.body(site.get(url(id, "/comment?expand=properties")));
    CHECK(at(bare, "comments.0.properties") == nullptr);
    check_refused(site.get(url(id, "/comment?orderBy=updated")), 400, "orderBy");
    check_refused(site.get(url(id, "/comment?expand=author")), 400, "author");
}

TEST_CASE("jsm comment: what is not Atlassian's document format is refused") {
    JsmSite site;
    const std::string id = site.approved();
    const auto refused = [&](const boost::json::value& document) {
        CAPTURE(boost::json::serialize(document));
        check_refused(site.post(url(id, "/comment"), {{"body", document}}), 400, "INVALID_INPUT");
    };
    const auto with = [](boost::json::value node) {
        boost::json::array content;
        content.push_back(std::move(node));
        return boost::json::value{{"type", "doc"}, {"version", 1}, {"content", std::move(content)}};
    };
    refused(adf(""));
    refused(adf("two\nlines"));
    refused({{"type", "doc"}, {"version", 2}, {"content", boost::json::array()}});
    refused({{"type", "doc"}, {"version", 1}});
    refused(with({{"type", "text"}, {"text", "loose"}}));
    refused(with({{"type", "marquee"}}));
    refused(with({{"type", "paragraph"}, {"content", "text"}}));
    refused(with({{"type", "paragraph"}, {"colour", "red"}}));
    refused(with({{"type", "bulletList"}, {"content", boost::json::array()}}));
    refused(with({{"type", "heading"}}));
    boost::json::object text{{"type", "text"}, {"text", "x"}};
    text["marks"] = boost::json::array{boost::json::object{{"type", "blink"}}};
    refused(with({{"type", "paragraph"}, {"content", boost::json::array{text}}}));
    check_refused(site.post(url(id, "/comment"), {{"body", "plain"}}), 400, "Invalid request payload");
    check_refused(site.post(url(id, "/comment"), boost::json::object()), 400, "body");
    check_refused(site.post(url(id, "/comment"), {{"body", adf("x")}, {"public", true}}), 400, "public");
    check_refused(site.post(url(id, "/comment"), {{"body", adf(std::string(32'768, 'x'))}}), 400, "too long");
    CHECK(size_at(site.act("show", {{"issue", id}}), "comments") == 0);
}

TEST_CASE("jsm comment: the richer nodes are taken and read as text") {
    JsmSite site;
    const std::string id = site.approved();
    auto parsed = parse_json(R"({"type":"doc","version":1,"content":[
        {"type":"heading","attrs":{"level":2},"content":[{"type":"text","text":"Done"}]},
        {"type":"bulletList","content":[{"type":"listItem","content":[{"type":"paragraph","content":[
            {"type":"text","text":"a","marks":[{"type":"strong"}]},{"type":"hardBreak"},
            {"type":"text","text":"b","marks":[{"type":"code"},{"type":"link","attrs":{"href":"https://x"}}]}]}]}]},
        {"type":"codeBlock","attrs":{"language":"text"},"content":[{"type":"text","text":"c"}]},
        {"type":"rule"},{"type":"paragraph"}]})");
    REQUIRE(parsed.has_value());
    CHECK(site.post(url(id, "/comment"), {{"body", *parsed}}).status == 201);
    CHECK(text_at(site.act("show", {{"issue", id}}), "comments.0.text") == "Done\na\nb\nc");
}

TEST_CASE("jsm comment: permission, visibility and the limit of an issue") {
    JsmSite site;
    const std::string id = site.approved();
    boost::json::object body{{"body", adf("x")}};
    body["visibility"] = boost::json::object{{"type", "role"}, {"value", "Service Desk Team"}};
    CHECK(text_at(site.body(site.post(url(id, "/comment"), body), 201), "visibility.type") == "role");
    body["visibility"] = boost::json::object{{"type", "role"}, {"value", "Nobody"}};
    check_refused(site.post(url(id, "/comment"), body), 400, "Nobody");
    site.act("set", {{"comment_limit", 1}});
    check_refused(site.post(url(id, "/comment"), {{"body", adf("x")}}), 413, "limit");
    site.act("set", {{"permissions", {"BROWSE_PROJECTS"}}});
    check_refused(site.post(url(id, "/comment"), {{"body", adf("x")}}), 404, "permission");
}

TEST_CASE("jsm transitions: what leads from here is listed, and done with its comment") {
    JsmSite site;
    const std::string id = site.approved();
    const auto list = site.body(site.get(url(id, "/transitions?expand=transitions.fields")));
    REQUIRE(size_at(list, "transitions") == 5);
    CHECK(text_at(list, "transitions.0.id") == "31");
    CHECK(text_at(list, "transitions.0.to.id") == "10015");
    CHECK(at(list, "transitions.0.fields") != nullptr);
    site.pass(Duration(1000));
    const HttpResponse done = site.post(url(id, "/transitions"), transition("31", "You have access"));
    CHECK(done.status == 204);
    CHECK(done.body.empty());
    const auto shown = site.act("show", {{"issue", id}});
    CHECK(text_at(shown, "status") == "Access Granted");
    CHECK(text_at(shown, "comments.0.text") == "You have access");
    CHECK(at(shown, "comments.0.public")->get_bool());
    CHECK(text_at(shown, "changes.1.author") == "712020:0acce55d-0000-4000-8000-000000000001");
    CHECK(at(shown, "updated")->get_int64() == site.now.time_since_epoch().count());
    const auto one = site.body(site.get(url(id, "/transitions?transitionId=61")));
    CHECK(size_at(one, "transitions") == 1);
}

TEST_CASE("jsm transitions: approval itself is nobody's transition") {
    JsmSite site;
    const std::string id = string_or_empty(site.act("create_request", boost::json::object()), "id");
    const auto list = site.body(site.get(url(id, "/transitions")));
    for (const auto& entry : at(list, "transitions")->get_array()) {
        CHECK(text_at(entry, "to.id") != "10011");
    }
}

TEST_CASE("jsm transitions: an unavailable one is 400 and changes nothing") {
    JsmSite site;
    const std::string id = site.approved();
    check_refused(site.post(url(id, "/transitions"), transition("21")), 400, "not valid");
    check_refused(site.post(url(id, "/transitions"), transition("999")), 400, "not valid");
    check_refused(site.post(url(id, "/transitions"), {{"transition", {{"id", 31}}}}), 400, "id");
    check_refused(site.post(url(id, "/transitions"), {{"transition", {{"name", "x"}}}}), 400, "name");
    check_refused(site.post(url(id, "/transitions"), boost::json::object()), 400, "transition");
    check_refused(site.post(url("9", "/transitions"), transition("31")), 404, "does not exist");
    auto body = transition("31").get_object();
    body["fields"] = boost::json::object{{"resolution", {{"name", "Done"}}}};
    check_refused(site.post(url(id, "/transitions"), body), 400, "cannot be set");
    check_refused(site.post(url(id, "/transitions"), transition("31", "a\nb")), 400, "INVALID_INPUT");
    const auto shown = site.act("show", {{"issue", id}});
    CHECK(text_at(shown, "status") == "Approved by Manager");
    CHECK(size_at(shown, "comments") == 0);
}

TEST_CASE("jsm transitions: without screens they take no comment, without permission there are none") {
    JsmSite site;
    const std::string id = site.approved();
    site.act("set", {{"transition_screens", false}});
    const auto list = site.body(site.get(url(id, "/transitions")));
    CHECK_FALSE(at(list, "transitions.0.hasScreen")->get_bool());
    check_refused(site.post(url(id, "/transitions"), transition("31", "x")), 400, "appropriate screen");
    CHECK(site.post(url(id, "/transitions"), transition("31")).status == 204);
    site.act("set", {{"permissions", {"BROWSE_PROJECTS"}}});
    CHECK(size_at(site.body(site.get(url(id, "/transitions"))), "transitions") == 0);
    check_refused(site.post(url(id, "/transitions"), transition("41")), 400, "not valid");
}

TEST_CASE("jsm transitions: a conflict is 409 as often as ordered") {
    JsmSite site;
    const std::string id = site.approved();
    site.act("conflict", {{"issue", id}, {"times", 1}});
    check_refused(site.post(url(id, "/transitions"), transition("31", "x")), 409, "same time");
    CHECK(size_at(site.act("show", {{"issue", id}}), "comments") == 0);
    CHECK(site.post(url(id, "/transitions"), transition("31")).status == 204);
}

TEST_CASE("jsm writes: the limit per issue is a 429 that names itself") {
    JsmSite site;
    const std::string id = site.approved();
    const std::string other = site.approved();
    site.act("set", {{"writes_per_2s", 2}, {"writes_per_30s", 3}});
    const auto write = [&](const std::string& issue) {
        return site.post(url(issue, "/comment"), {{"body", adf("x")}});
    };
    CHECK(write(id).status == 201);
    CHECK(write(id).status == 201);
    const HttpResponse burst = write(id);
    check_refused(burst, 429, "Rate limit");
    CHECK(burst.headers.find("Retry-After") == "2");
    CHECK(burst.headers.find("RateLimit-Reason") == "jira-per-issue-on-write");
    CHECK(write(other).status == 201);
    site.pass(Duration(2000));
    CHECK(write(id).status == 201);
    site.pass(Duration(2000));
    CHECK(write(id).headers.find("Retry-After") == "26");
    site.pass(Duration(26'000));
    CHECK(write(id).status == 201);
}

} // namespace accessd::sandbox
