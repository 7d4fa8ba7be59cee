#pragma once

#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "tests/sandbox/jsm.hpp"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>

namespace accessd::sandbox {

/// A fresh site, and a client that says what every good client says.
class JsmSite {
public:
    JsmSite() = default;

    TimePoint now = *parse_timestamp("2026-01-31T10:00:00Z");
    JsmModel model;
    std::string authorization = "Basic " + to_base64(as_bytes("accessd@acme.example:jira-api-token"));

    HttpRequest request(std::string method, std::string_view target, std::string body = "") const {
        HttpRequest made(std::move(method), "https://jira.test" + std::string(target));
        made.headers.add("Accept", "application/json");
        if (!authorization.empty()) {
            made.headers.add("Authorization", authorization);
        }
        if (!body.empty()) {
            made.headers.add("Content-Type", "application/json");
        }
        made.body = std::move(body);
        return made;
    }

    HttpResponse get(std::string_view target) { return model.handle(request("GET", target), now); }

    HttpResponse post(std::string_view target, const boost::json::value& body) {
        return model.handle(request("POST", target, boost::json::serialize(body)), now);
    }

    /// The body of an answer that must have this status.
    static boost::json::value body(const HttpResponse& response, int status = 200) {
        CAPTURE(response.body);
        CHECK(response.status == status);
        auto parsed = parse_json(response.body);
        REQUIRE(parsed.has_value());
        return *parsed;
    }

    boost::json::value act(std::string_view verb, const boost::json::value& arguments) {
        boost::json::value answer = model.control(verb, arguments, now);
        CAPTURE(verb);
        CAPTURE(boost::json::serialize(answer));
        CHECK(find(answer, "error") == nullptr);
        return answer;
    }

    /// A request of Jane's that Bob has approved; its id.
    std::string approved() {
        const std::string id = string_or_empty(act("create_request", boost::json::object()), "id");
        now += Duration(60'000);
        act("approve", {{"issue", id}, {"by", "bob@acme.example"}});
        return id;
    }

    void pass(Duration time) { now += time; }
};

/// A value deep in a document: "fields.status.id", "issues.0.id".
inline const boost::json::value* at(const boost::json::value& document, std::string_view path) {
    const boost::json::value* value = &document;
    for (const std::string_view part : split(path, '.')) {
        if (value != nullptr && value->is_array()) {
            const auto index = parse_integer(part);
            const auto& array = value->get_array();
            value = index && static_cast<std::size_t>(*index) < array.size()
                        ? &array[static_cast<std::size_t>(*index)]
                        : nullptr;
        } else {
            value = value == nullptr || !value->is_object() ? nullptr : value->get_object().if_contains(part);
        }
    }
    return value;
}

inline std::string text_at(const boost::json::value& document, std::string_view path) {
    const boost::json::value* value = at(document, path);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

inline std::size_t size_at(const boost::json::value& document, std::string_view path) {
    const boost::json::value* value = path.empty() ? &document : at(document, path);
    return value != nullptr && value->is_array() ? value->get_array().size() : 999'999;
}

/// Jira's refusal in its own shape, with this in a message.
inline void check_refused(const HttpResponse& response, int status, std::string_view words) {
    const boost::json::value body = JsmSite::body(response, status);
    CHECK(size_at(body, "errorMessages") != 999'999);
    CHECK(at(body, "errors") != nullptr);
    CHECK(response.body.find(words) != std::string::npos);
}

/// The service desk's.
inline void check_desk_refused(const HttpResponse& response, int status) {
    const boost::json::value body = JsmSite::body(response, status);
    CHECK(!text_at(body, "errorMessage").empty());
    CHECK(at(body, "i18nErrorMessage.i18nKey") != nullptr);
}

inline boost::json::value adf(std::string_view text) {
    return {
        {"type", "doc"},
        {"version", 1},
        {"content", {{{"type", "paragraph"}, {"content", {{{"type", "text"}, {"text", text}}}}}}}};
}

} // namespace accessd::sandbox
