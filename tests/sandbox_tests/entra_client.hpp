#pragma once

#include "core/support/json.hpp"
#include "tests/sandbox/entra.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <string_view>

namespace accessd::sandbox {

/// Speaks to an EntraModel as plainly as curl would, so that the tests judge the model by the vendor's words.
class EntraClient {
public:
    explicit EntraClient(const EntraOptions& options = EntraOptions()) : model(options) { sign_in(); }

    HttpResponse token_request(const std::string& form) {
        HttpRequest request(
            "POST", "https://login.test/10000000-0000-4000-8000-000000000001/oauth2/v2.0/token"
        );
        request.headers.add("Content-Type", "application/x-www-form-urlencoded");
        request.body = form;
        return model.handle(request, now);
    }

    /// Takes a token with the options' default secret.
    void sign_in() {
        const HttpResponse response = token_request(
            "grant_type=client_credentials&client_id=20000000-0000-4000-8000-000000000001"
            "&scope=https%3A%2F%2Fgraph.test%2F.default&client_secret=sandbox~Entra-client-secret.1"
        );
        token = string_or_empty(boost::json::parse(response.body), "access_token");
    }

    HttpRequest request(std::string method, std::string_view path, std::string body = {}) const {
        HttpRequest out(std::move(method), "https://graph.test/v1.0" + std::string(path));
        out.headers.add("Authorization", "Bearer " + token);
        if (!body.empty()) {
            out.headers.add("Content-Type", "application/json");
            out.body = std::move(body);
        }
        return out;
    }

    HttpResponse get(std::string_view path) { return model.handle(request("GET", path), now); }

    HttpResponse get_eventual(std::string_view path) {
        HttpRequest out = request("GET", path);
        out.headers.add("ConsistencyLevel", "eventual");
        return model.handle(out, now);
    }

    HttpResponse post(std::string_view path, std::string body) {
        return model.handle(request("POST", path, std::move(body)), now);
    }

    HttpResponse remove(std::string_view path) { return model.handle(request("DELETE", path), now); }

    HttpResponse add(std::string_view group, std::string_view user) {
        return post(
            "/groups/" + id(group) + "/members/$ref",
            R"({"@odata.id":"https://graph.test/v1.0/directoryObjects/)" + id(user) + "\"}"
        );
    }

    boost::json::value control(std::string_view verb, const boost::json::value& arguments) {
        return model.control(verb, arguments, now);
    }

    /// The id of a user (by address) or group (by name).
    std::string id(std::string_view name) {
        if (name.find('@') != std::string_view::npos) {
            return string_or_empty(control("user", {{"user", name}}), "id");
        }
        const boost::json::value groups = control("groups", boost::json::object());
        return string_or_empty(*find(groups, "groups"), name);
    }

    EntraModel model;
    TimePoint now{std::chrono::sys_days(std::chrono::January / 1 / 2026)};
    std::string token;
};

inline boost::json::value body_of(const HttpResponse& response) {
    return boost::json::parse(response.body);
}

/// error.code of a Graph answer.
inline std::string code_of(const HttpResponse& response) {
    const boost::json::value body = body_of(response);
    const boost::json::value* const error = find(body, "error");
    return error == nullptr ? "" : string_or_empty(*error, "code");
}

inline std::string message_of(const HttpResponse& response) {
    const boost::json::value body = body_of(response);
    const boost::json::value* const error = find(body, "error");
    return error == nullptr ? "" : string_or_empty(*error, "message");
}

inline std::size_t size_of(const HttpResponse& response) {
    const boost::json::value body = body_of(response);
    const boost::json::array* const value = find_array(body, "value");
    return value == nullptr ? 999999 : value->size();
}

} // namespace accessd::sandbox
