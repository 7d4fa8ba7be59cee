#include "tests/sandbox/jsm_call.hpp"

#include "core/support/text.hpp"

#include <algorithm>

namespace accessd::sandbox::jsm {

std::optional<std::string_view> Call::parameter(std::string_view name) const {
    const auto found = std::ranges::find_if(query, [&](const auto& field) { return field.first == name; });
    return found == query.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

std::vector<std::string> Call::list(std::string_view name) const {
    std::vector<std::string> parts;
    for (const auto& [field, value] : query) {
        if (field == name) {
            for (const std::string_view part : split(value, ',')) {
                parts.emplace_back(part);
            }
        }
    }
    return parts;
}

bool Call::may(std::string_view permission) const {
    return caller != nullptr && state.settings.permissions.contains(permission);
}

bool Call::sees(const Project& project) const {
    return may("BROWSE_PROJECTS") && project.browsable;
}

Issue* Call::issue(std::string_view id_or_key) const {
    Issue* found = state.find_issue(id_or_key);
    return found != nullptr && sees(*found->facts.project) ? found : nullptr;
}

HttpResponse json_answer(int status, std::string body) {
    HttpResponse response(status);
    response.headers.add("Content-Type", "application/json;charset=UTF-8");
    response.body = std::move(body);
    return response;
}

HttpResponse jira_error(int status, std::string_view message) {
    JsonText out;
    out.open('{').key("errorMessages").open('[').text(message).close(']');
    out.key("errors").open('{').close('}').close('}');
    return json_answer(status, out.take());
}

HttpResponse field_error(std::string_view field, std::string_view message) {
    JsonText out;
    out.open('{').key("errorMessages").open('[').close(']');
    out.key("errors").open('{').key(field).text(message).close('}').close('}');
    return json_answer(400, out.take());
}

HttpResponse desk_error(int status, std::string_view message) {
    JsonText out;
    out.open('{').key("errorMessage").text(message).key("i18nErrorMessage").open('{');
    out.key("i18nKey").text("sd.error." + std::to_string(status));
    out.key("parameters").open('[').close(']').close('}').close('}');
    return json_answer(status, out.take());
}

HttpResponse issue_not_found() {
    return jira_error(404, "Issue does not exist or you do not have permission to see it.");
}

HttpResponse bad_payload(std::string_view member, std::string_view why) {
    JsonText out;
    out.open('{').key("errorMessages").open('[');
    out.text("Invalid request payload. Refer to the REST API documentation and try again.").close(']');
    out.key("errors").open('{').key(member).text(why).close('}').close('}');
    return json_answer(400, out.take());
}

namespace {

template <class Fits> bool all(const boost::json::value& value, Fits fits) {
    return value.is_array() && std::ranges::all_of(value.get_array(), fits);
}

bool is_text(const boost::json::value& value) {
    return value.is_string();
}

bool is_whole(const boost::json::value& value) {
    return value.is_int64();
}

bool fits(const boost::json::value& value, char type) {
    switch (type) {
    case 's':
        return value.is_string();
    case 'i':
        return value.is_int64();
    case 'b':
        return value.is_bool();
    case 'o':
        return value.is_object();
    case 'a':
        return value.is_array();
    case 'S':
        return all(value, is_text);
    case 'I':
        return all(value, is_whole);
    default:
        return true;
    }
}

} // namespace

std::optional<HttpResponse>
check_object(const boost::json::value& document, std::initializer_list<Member> members) {
    if (!document.is_object()) {
        return bad_payload("", "an object is wanted");
    }
    const boost::json::object& object = document.get_object();
    for (const auto& [name, value] : object) {
        const std::string_view text(name.data(), name.size());
        const auto* known = std::ranges::find(members, text, &Member::name);
        if (known == members.end()) {
            return bad_payload(text, "not a member of this body");
        }
        if (!fits(value, known->type)) {
            return bad_payload(text, "not of the described type");
        }
    }
    for (const Member& member : members) {
        if (member.required && !object.contains(member.name)) {
            return bad_payload(member.name, "required");
        }
    }
    return std::nullopt;
}

Number number(
    const Call& call, std::string_view name, std::int64_t otherwise, std::int64_t least, std::int64_t most
) {
    Number result;
    result.value = otherwise;
    if (const auto text = call.parameter(name)) {
        const auto parsed = parse_integer(*text);
        if (!parsed || *parsed < least || *parsed > most) {
            result.refusal = jira_error(400, std::string(name) + " is not a number in range");
        }
        result.value = parsed.value_or(otherwise);
    }
    return result;
}

std::optional<HttpResponse> check_expand(std::span<const std::string> parts, std::string_view known) {
    for (const std::string& part : parts) {
        if (!has_word(known, part)) {
            return jira_error(400, "expand: '" + part + "' is not known");
        }
    }
    return std::nullopt;
}

bool has_word(std::string_view list, std::string_view word) {
    const auto words = split(list, ' ');
    return !word.empty() && std::ranges::find(words, word) != words.end();
}

std::optional<HttpResponse> count_write(Call& call, Issue& issue) {
    using std::chrono::seconds;
    const Settings& settings = call.state.settings;
    std::deque<TimePoint>& writes = issue.writes;
    while (!writes.empty() && writes.front() + seconds(30) <= call.now) {
        writes.pop_front();
    }
    const auto recent =
        std::ranges::count_if(writes, [&](TimePoint at) { return at + seconds(2) > call.now; });
    const bool burst = settings.writes_per_2s > 0 && recent >= settings.writes_per_2s;
    const bool steady = settings.writes_per_30s > 0 && std::ssize(writes) >= settings.writes_per_30s;
    if (burst || steady) {
        HttpResponse refused = jira_error(429, "Rate limit exceeded.");
        const auto frees = steady ? writes.front() + seconds(30) : call.now + seconds(2);
        const auto wait = std::chrono::ceil<seconds>(frees - call.now).count();
        refused.headers.add("Retry-After", std::to_string(std::max<std::int64_t>(wait, 1)));
        refused.headers.add("RateLimit-Reason", "jira-per-issue-on-write");
        return refused;
    }
    writes.push_back(call.now);
    return std::nullopt;
}

} // namespace accessd::sandbox::jsm
