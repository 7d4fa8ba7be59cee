#pragma once

#include "core/http/http.hpp"
#include "core/http/rest_client.hpp"
#include "core/http/token_source.hpp"
#include "core/jsm/jira_profile.hpp"
#include "core/jsm/portal_fields.hpp"
#include "core/support/json.hpp"
#include "tests/support/sim_world.hpp"

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace accessd::test {

class FixedToken final : public TokenSource {
public:
    Task<Result<std::string>> authorization(TimePoint) override { co_return std::string("Basic dGVzdA=="); }

    bool reject(const std::string&) override { return false; }
};

/// Answers what the test wrote down: the first unused answer whose method and part of the URL fit.
class ScriptedTransport final : public HttpTransport {
public:
    ScriptedTransport() = default;

    void answer(std::string method, std::string part, int status, std::string body = "") {
        answer_with(std::move(method), std::move(part), status, std::move(body), "", "");
    }

    void answer_with(
        std::string method,
        std::string part,
        int status,
        std::string body,
        std::string name,
        std::string value
    ) {
        HttpResponse response(status);
        response.headers.add("Content-Type", "application/json;charset=UTF-8");
        if (!name.empty()) {
            response.headers.add(std::move(name), std::move(value));
        }
        response.body = std::move(body);
        answers_.emplace_back(std::pair(std::move(method), std::move(part)), std::move(response));
    }

    Task<Result<HttpResponse>> send(const HttpRequest& request, TimePoint) override {
        requests.push_back(request);
        for (auto answer = answers_.begin(); answer != answers_.end(); ++answer) {
            const auto& [method, part] = answer->first;
            if (method == request.method && request.url.find(part) != std::string::npos) {
                HttpResponse response = std::move(answer->second);
                answers_.erase(answer);
                co_return response;
            }
        }
        HttpResponse unexpected(500);
        unexpected.headers.add("Content-Type", "application/json");
        unexpected.body = R"({"errorMessages":["the test has no answer"]})";
        co_return unexpected;
    }

    /// "METHOD /path?query" of all requests, in order.
    std::vector<std::string> log() const {
        std::vector<std::string> lines;
        for (const HttpRequest& request : requests) {
            const std::size_t path = request.url.find('/', std::string_view("https://").size());
            lines.push_back(request.method + " " + request.url.substr(path));
        }
        return lines;
    }

    bool used_up() const { return answers_.empty(); }

    boost::json::value body(std::size_t index) const { return *parse_json(requests.at(index).body); }

    std::vector<HttpRequest> requests;

private:
    std::deque<std::pair<std::pair<std::string, std::string>, HttpResponse>> answers_;
};

/// Asio would need a default to hand a Result over.
template <class T> Task<std::shared_ptr<T>> boxed(Task<T> task) {
    T value = co_await std::move(task);
    co_return std::make_shared<T>(std::move(value));
}

/// Runs a coroutine of the source to its end.
template <class T> T finish(SimWorld& world, Task<T> task) {
    return std::move(*world.run(boxed(std::move(task))));
}

/// A client of a scripted Jira in a world of its own.
class ScriptedJira {
public:
    ScriptedJira() : rest(jira_profile("https://acme.atlassian.net"), transport, tokens, world, world) {}

    TimePoint deadline() const { return world.now() + std::chrono::seconds(30); }

    SimWorld world;
    ScriptedTransport transport;
    FixedToken tokens;
    RestClient rest;
};

inline std::shared_ptr<const ResolvedPortal> small_portal() {
    auto resolved = std::make_shared<ResolvedPortal>();
    resolved->portal.project_id = "10001";
    resolved->portal.project_key = "ACC";
    resolved->portal.request_types["25"] = RequestKind::grant;
    resolved->portal.statuses["10012"] = AppStatus::approved;
    resolved->portal.statuses["10034"] = AppStatus::revoked;
    resolved->portal.own_account_id = "557058:own";
    resolved->portal.deciding_fields = {"customfield_1", "customfield_2", "reporter"};
    resolved->fields.application = "customfield_1";
    resolved->fields.access_type = "customfield_2";
    resolved->fields.request_type = "customfield_9";
    return resolved;
}

} // namespace accessd::test
