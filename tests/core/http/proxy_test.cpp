#include "core/http/proxy.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace accessd;

namespace {

using Names = std::vector<std::string>;

bool is_direct(const Names& no_proxy, std::string_view host) {
    const auto choice = ProxyChoice::parse("http://proxy.example:3128", no_proxy);
    REQUIRE(choice);
    return choice->find(host) == nullptr;
}

} // namespace

TEST_CASE("proxy: host, port and credentials are read from its URL") {
    const auto choice = ProxyChoice::parse("http://jane:p%40ss@proxy.example:3128/", {});
    REQUIRE(choice);
    const Proxy* proxy = choice->find("acme.example");
    REQUIRE(proxy != nullptr);
    CHECK(proxy->host == "proxy.example");
    CHECK(proxy->port == 3128);
    CHECK(proxy->authorization.reveal() == "Basic amFuZTpwQHNz");
}

TEST_CASE("proxy: none is used when none is named") {
    const auto choice = ProxyChoice::parse("", {});
    REQUIRE(choice);
    CHECK(choice->find("acme.example") == nullptr);
}

TEST_CASE("proxy: a URL that cannot be used is refused without being repeated") {
    for (const std::string url : {
             "https://jane:hunter2@proxy.example:3128",
             "socks5://jane:hunter2@proxy.example:1080",
             "http://jane:hunter2@proxy.example",
             "http://jane:hunter2@:3128",
             "http://jane:hunter2@proxy.example:99999",
             "http://jane:hunter2@proxy.example:3128/path",
             "http://jane:hunter2@pro xy.example:3128",
         }) {
        CAPTURE(url);
        const auto choice = ProxyChoice::parse(url, {});
        REQUIRE_FALSE(choice);
        CHECK(choice.error().code() == "http.bad_proxy");
        CHECK(choice.error().fault() == Fault::permanent);
        CHECK(choice.error().message().find("hunter2") == std::string::npos);
        CHECK(choice.error().message().find("https_proxy") != std::string::npos);
    }
}

TEST_CASE("proxy: a name of no_proxy stands for the host and all below it") {
    const Names names = {"corp.example", ".lan", "*.local", "10.1.2.3", "[::1]", "Upper.example:8080"};
    for (const std::string host :
         {"corp.example",
          "jira.corp.example",
          "JIRA.CORP.EXAMPLE",
          "a.lan",
          "b.local",
          "10.1.2.3",
          "upper.example"}) {
        CAPTURE(host);
        CHECK(is_direct(names, host));
    }
    for (const std::string host : {"notcorp.example", "corp.example.evil", "example", "110.1.2.3"}) {
        CAPTURE(host);
        CHECK_FALSE(is_direct(names, host));
    }
    CHECK(is_direct({"*"}, "any.example"));
    CHECK_FALSE(is_direct({"", " "}, "any.example"));
}

TEST_CASE("proxy: the environment's variables are read, lower case first") {
    std::map<std::string, std::string> environment;
    CHECK(read_proxy(environment).proxy_url.empty());
    environment["HTTPS_PROXY"] = "http://upper:1";
    environment["NO_PROXY"] = "a.example,, b.example\tc.example";
    CHECK(read_proxy(environment).proxy_url == "http://upper:1");
    CHECK(read_proxy(environment).no_proxy == Names{"a.example", "b.example", "c.example"});
    environment["https_proxy"] = "http://lower:2";
    environment["no_proxy"] = "d.example";
    CHECK(read_proxy(environment).proxy_url == "http://lower:2");
    CHECK(read_proxy(environment).no_proxy == Names{"d.example"});
    environment["http_proxy"] = "http://other:3";
    CHECK(read_proxy(environment).proxy_url == "http://lower:2");
}
