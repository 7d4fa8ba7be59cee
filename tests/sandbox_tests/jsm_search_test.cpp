#include "tests/sandbox_tests/jsm_site.hpp"

#include <set>

namespace accessd::sandbox {

namespace {

constexpr std::string_view url = "/rest/api/3/search/jql";

std::string approved_jql() {
    return R"(project = "ACC" AND status in (10011) ORDER BY updated ASC)";
}

std::vector<std::string> ids(const boost::json::value& page) {
    std::vector<std::string> found;
    for (const boost::json::value& issue : at(page, "issues")->get_array()) {
        found.push_back(text_at(issue, "id"));
    }
    return found;
}

std::vector<std::string> search(JsmSite& site, std::string_view jql) {
    return ids(site.body(site.post(url, {{"jql", jql}, {"maxResults", 5000}})));
}

} // namespace

TEST_CASE("jsm search: without fields a hit is its id and nothing else") {
    JsmSite site;
    const std::string id = site.approved();
    const auto page = site.body(site.post(url, {{"jql", approved_jql()}}));
    REQUIRE(size_at(page, "issues") == 1);
    CHECK(*at(page, "issues.0") == boost::json::value{{"id", id}});
    CHECK(at(page, "isLast")->get_bool());
    CHECK(at(page, "nextPageToken") == nullptr);
}

TEST_CASE("jsm search: fields come as asked, GET and POST alike") {
    JsmSite site;
    site.approved();
    const auto posted = site.body(
        site.post(url, {{"jql", approved_jql()}, {"fields", {"status", "updated"}}, {"expand", "names"}})
    );
    CHECK(text_at(posted, "issues.0.key") == "ACC-1");
    CHECK(text_at(posted, "issues.0.fields.status.name") == "Approved by Manager");
    CHECK(text_at(posted, "issues.0.fields.updated") == "2026-01-31T12:01:00.000+0200");
    CHECK(text_at(posted, "names.status") == "Status");
    const auto got = site.body(site.get(
        std::string(url) + "?jql=" + percent_encode(approved_jql()) + "&fields=status,updated&expand=names"
    ));
    CHECK(got == posted);
}

TEST_CASE("jsm search: pages follow each other without gap or repetition") {
    JsmSite site;
    site.act("bulk_approved", {{"count", 25}});
    site.pass(Duration(1000));
    site.act("bulk_approved", {{"count", 10}, {"first", 26}});
    for (const char* order : {"updated ASC", "updated DESC", "id ASC", "key DESC"}) {
        CAPTURE(order);
        std::string token;
        std::set<std::string> seen;
        int pages = 0;
        do {
            boost::json::object body{
                {"jql", std::string("project = ACC ORDER BY ") + order}, {"maxResults", 10}};
            if (!token.empty()) {
                body["nextPageToken"] = token;
            }
            const auto page = site.body(site.post(url, body));
            for (const std::string& id : ids(page)) {
                CHECK(seen.insert(id).second);
            }
            token = text_at(page, "nextPageToken");
            CHECK(at(page, "isLast")->get_bool() == token.empty());
            ++pages;
        } while (!token.empty() && pages < 10);
        CHECK(pages == 4);
        CHECK(seen.size() == 35);
    }
}

TEST_CASE("jsm search: an issue that is touched during the walk comes again at its end") {
    JsmSite site;
    site.act("bulk_approved", {{"count", 3}});
    site.pass(Duration(1000));
    boost::json::object body{{"jql", approved_jql()}, {"maxResults", 2}};
    const auto first = site.body(site.post(url, body));
    site.act("comment", {{"issue", text_at(first, "issues.0.id")}, {"text", "hello"}});
    body["nextPageToken"] = text_at(first, "nextPageToken");
    const auto second = site.body(site.post(url, body));
    REQUIRE(size_at(second, "issues") == 2);
    CHECK(text_at(second, "issues.1.id") == text_at(first, "issues.0.id"));
}

TEST_CASE("jsm search: a page token belongs to its query and lives seven days") {
    JsmSite site;
    site.act("bulk_approved", {{"count", 3}});
    boost::json::object body{{"jql", approved_jql()}, {"maxResults", 1}};
    body["nextPageToken"] = text_at(site.body(site.post(url, body)), "nextPageToken");
    boost::json::object other = body;
    other["jql"] = "project = ACC";
    check_refused(site.post(url, other), 400, "nextPageToken");
    other = body;
    other["nextPageToken"] = "made-up";
    check_refused(site.post(url, other), 400, "nextPageToken");
    site.pass(Duration(8LL * 24 * 3600 * 1000));
    check_refused(site.post(url, body), 400, "expired");
}

TEST_CASE("jsm search: the last page may say null for the token") {
    JsmSite site;
    site.approved();
    site.act("set", {{"null_token", true}, {"last_page_lies", true}});
    const auto page = site.body(site.post(url, {{"jql", approved_jql()}}));
    CHECK(at(page, "nextPageToken")->is_null());
    CHECK_FALSE(at(page, "isLast")->get_bool());
}

TEST_CASE("jsm search: the index lags, reconciled issues do not") {
    JsmSite site;
    const std::string old = site.approved();
    site.act("set", {{"index_lag_ms", 60'000}});
    site.pass(Duration(1000));
    const std::string fresh = site.approved();
    site.act("move", {{"issue", old}, {"to", "Access Revoked"}});
    site.pass(Duration(1000));
    CHECK(search(site, approved_jql()) == std::vector{old});
    const auto stale =
        site.body(site.post(url, {{"jql", approved_jql()}, {"fields", {"status"}}, {"maxResults", 5}}));
    CHECK(text_at(stale, "issues.0.fields.status.id") == "10011");
    boost::json::object body{
        {"jql", approved_jql()}, {"reconcileIssues", {std::stoll(old), std::stoll(fresh)}}};
    CHECK(ids(site.body(site.post(url, body))) == std::vector{fresh});
    site.pass(Duration(120'000));
    CHECK(search(site, approved_jql()) == std::vector{fresh});
    CHECK(search(site, "status = \"Access Revoked\"") == std::vector{old});
}

TEST_CASE("jsm search: a deleted issue vanishes after the lag") {
    JsmSite site;
    const std::string id = site.approved();
    site.act("set", {{"index_lag_ms", 5000}});
    site.act("delete_issue", {{"issue", id}});
    CHECK(search(site, "project = ACC") == std::vector{id});
    site.pass(Duration(5000));
    CHECK(search(site, "project = ACC").empty());
}

TEST_CASE("jsm search: JQL finds what it names") {
    JsmSite site;
    const std::string first = site.approved();
    const auto between = site.now;
    site.pass(Duration(1000));
    const std::string second = site.approved();
    site.act("move", {{"issue", second}, {"to", "10013"}});
    const auto both = std::vector{second, first};
    CHECK(search(site, "project = 10000") == both);
    CHECK(search(site, "project in (ACC, HR)") == both);
    CHECK(search(site, "PROJECT=\"ACC\" ORDER BY id ASC") == std::vector{first, second});
    CHECK(search(site, "status in (10011, 10013)") == both);
    CHECK(search(site, "status in (\"Approved by Manager\")") == std::vector{first});
    CHECK(search(site, "status not in (10011)") == std::vector{second});
    CHECK(search(site, "project = ACC AND status != 10011") == std::vector{second});
    CHECK(search(site, "project = ACC AND NOT status = 10011") == std::vector{second});
    CHECK(search(site, "id in (" + first + ")") == std::vector{first});
    CHECK(search(site, "issue = ACC-2 OR key = acc-1") == both);
    CHECK(search(site, "project = ACC AND (status = 10013 OR id = " + first + ")") == both);
    CHECK(search(site, "id > " + first) == std::vector{second});
    const std::string moment = std::to_string(between.time_since_epoch().count());
    CHECK(search(site, "updated > " + moment) == std::vector{second});
    CHECK(search(site, "updated >= " + moment) == both);
    CHECK(search(site, "updated >= " + moment + " ORDER BY updated ASC") == std::vector{first, second});
    CHECK(search(site, "updated <= " + moment + " ORDER BY updated DESC, key DESC") == std::vector{first});
    CHECK(search(site, "updated >= -15m") == both);
    // A date without a zone is in the caller's: 12:02 there is 10:02 UTC.
    CHECK(search(site, "updated >= \"2026-01-31 12:02\"") == std::vector{second});
    CHECK(search(site, "updated >= \"2026/01/31\"") == both);
    CHECK(search(site, "reporter = \"jane@acme.example\"") == both);
}

TEST_CASE("jsm search: bad JQL is refused in Jira's shape") {
    JsmSite site;
    const auto refused = [&site](std::string_view jql, std::string_view words) {
        CAPTURE(jql);
        check_refused(site.post(url, {{"jql", jql}}), 400, words);
    };
    refused("", "Unbounded");
    refused("ORDER BY updated", "Unbounded");
    refused("status = \"Renamed\"", "'Renamed' does not exist for the field 'status'");
    refused("status = 99999", "does not exist for the field");
    refused("project = NONE", "does not exist for the field 'project'");
    refused("flavour = sweet", "Field 'flavour' does not exist");
    refused("id in (99999)", "does not exist for field 'id'");
    refused("status in (10011", "Error in the JQL Query");
    refused("status = Approved by Manager", "Error in the JQL Query");
    refused("project = \"ACC", "has not been completed");
    refused("updated in (1)", "not supported");
    refused("status > 10011", "not supported");
    refused("updated >= yesterday", "is invalid");
    refused("project = ACC ORDER BY id,id,id,id,id,id,id,id", "limit of 7");
    refused("((((((((((((((((((((((((project = ACC))))))))))))))))))))))))", "nested");
    refused(
        "not not not not not not not not not not not not not not not not not not not not not not id=1",
        "nested"
    );
    check_refused(site.post(url, boost::json::object()), 400, "Unbounded");
}

TEST_CASE("jsm search: what the description does not have is refused") {
    JsmSite site;
    const auto refused = [&site](std::string_view name, const boost::json::value& value) {
        CAPTURE(name);
        check_refused(site.post(url, {{"jql", approved_jql()}, {name, value}}), 400, name);
    };
    refused("validateQuery", true);
    refused("startAt", 0);
    refused("fields", "status");
    refused("fields", {"customfield_99999"});
    refused("fields", {"Application"});
    refused("expand", {"names"});
    refused("maxResults", 5001);
    refused("maxResults", 0);
    refused("maxResults", "50");
    refused("reconcileIssues", {"10001"});
    boost::json::array many;
    for (int i = 0; i < 51; ++i) {
        many.emplace_back(i);
    }
    refused("reconcileIssues", many);
    refused("properties", {"a", "b", "c", "d", "e", "f"});
    check_refused(site.get(std::string(url) + "?jql=project%3DACC&startAt=0"), 400, "startAt");
    check_refused(site.get(std::string(url) + "?jql=project%3DACC&maxResults=x"), 400, "maxResults");
    check_refused(site.post("/rest/api/3/search", {{"jql", approved_jql()}}), 410, "CHANGE-2046");
}

TEST_CASE("jsm search: without a valid credential it answers 200 with nothing") {
    JsmSite site;
    site.approved();
    for (const char* authorization : {"", "Basic d3Jvbmc6d3Jvbmc=", "Bearer x"}) {
        site.authorization = authorization;
        const HttpResponse response = site.post(url, {{"jql", approved_jql()}});
        CHECK(size_at(site.body(response), "issues") == 0);
        CHECK_FALSE(response.headers.find("X-AACCOUNTID"));
    }
}

TEST_CASE("jsm search: a page with fields is never longer than the server likes") {
    JsmSite site;
    site.act("bulk_approved", {{"count", 120}});
    site.act("set", {{"page_size", 7}});
    const auto page =
        site.body(site.post(url, {{"jql", approved_jql()}, {"fields", {"status"}}, {"maxResults", 100}}));
    CHECK(size_at(page, "issues") == 7);
    CHECK_FALSE(text_at(page, "nextPageToken").empty());
    CHECK(search(site, approved_jql()).size() == 120);
}

} // namespace accessd::sandbox
