#include "core/jsm/people.hpp"

#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <utility>

namespace accessd {

namespace {

constexpr std::size_t max_account_id = 128; // as Jira documents it
constexpr std::size_t max_name = 255;
constexpr std::size_t max_email = 254; // RFC 5321, 4.5.3.1.3

AccountType account_type(std::string_view name) {
    if (name == "atlassian") {
        return AccountType::atlassian;
    }
    if (name == "app") {
        return AccountType::app;
    }
    if (name == "customer") {
        return AccountType::customer;
    }
    return AccountType::unknown;
}

/// Jira's ids are letters, digits, ":" and "-"; what is less plain than that is no id.
bool is_account_id(std::string_view id) {
    return !id.empty() && id.size() <= max_account_id && is_visible_ascii(id);
}

Result<Person> person_of_reply(const RestReply& reply) {
    auto person = person_from(reply.body);
    if (!person) {
        return Error(
            Fault::transient, "jira.malformed_user", "Jira's answer is not a user; look at jira.url"
        );
    }
    return std::move(*person);
}

} // namespace

std::string bounded(std::string_view text, std::size_t limit) {
    if (text.size() > limit) {
        std::size_t end = limit;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
            --end;
        }
        text = text.substr(0, end);
    }
    return std::string(text);
}

std::optional<Person> person_from(const boost::json::value& user) {
    const auto id = find_string(user, "accountId");
    if (!id || !is_account_id(*id)) {
        return std::nullopt;
    }
    const boost::json::value* active = user.get_object().if_contains("active");
    if (active != nullptr && !active->is_bool()) {
        return std::nullopt; // who cannot be read is not somebody inactive
    }
    Person person;
    person.account_id = *id == "unknown" ? std::string_view() : *id;
    person.display_name = bounded(find_string(user, "displayName").value_or(""), max_name);
    const auto email = find_string(user, "emailAddress");
    if (email && !email->empty() && email->size() <= max_email) {
        person.email = *email;
    }
    person.active = find_bool(user, "active").value_or(false);
    person.type = account_type(find_string(user, "accountType").value_or(""));
    return person;
}

Task<Result<Person>> fetch_myself(RestClient& rest, TimePoint deadline) {
    auto reply = co_await rest.call(RestCall("GET", RequestTarget("/rest/api/3/myself")), deadline);
    if (!reply) {
        co_return std::move(reply).error();
    }
    co_return person_of_reply(*reply);
}

Task<Result<Person>> fetch_person(RestClient& rest, std::string account_id, TimePoint deadline) {
    RequestTarget target = RequestTarget("/rest/api/3/user").query("accountId", account_id);
    auto reply = co_await rest.call(RestCall("GET", std::move(target)), deadline);
    if (!reply) {
        co_return std::move(reply).error();
    }
    auto person = person_of_reply(*reply);
    // Somebody else's record would lend them the e-mail address, and with it the access, or the right to
    // approve.
    const bool other = person && !person->account_id.empty() && person->account_id != account_id;
    if (other) {
        co_return Error(
            Fault::transient,
            "jira.malformed_user",
            "Jira answered with another user than the one asked for; a proxy or cache may stand before "
            "jira.url"
        );
    }
    co_return person;
}

Task<Result<std::vector<std::string>>>
fetch_groups(RestClient& rest, std::string account_id, TimePoint deadline) {
    RequestTarget target = RequestTarget("/rest/api/3/user/groups").query("accountId", account_id);
    auto reply = co_await rest.call(RestCall("GET", std::move(target)), deadline);
    if (!reply) {
        co_return std::move(reply).error();
    }
    const boost::json::array* groups = reply->body.if_array();
    if (groups == nullptr) {
        co_return Error(Fault::transient, "jira.malformed_groups", "Jira's answer is not a list of groups");
    }
    std::vector<std::string> names;
    names.reserve(groups->size());
    for (const boost::json::value& group : *groups) {
        // A name that is cut would be another group's.
        const auto name = find_string(group, "name");
        if (name && !name->empty() && name->size() <= max_name) {
            names.emplace_back(*name);
        }
    }
    std::sort(names.begin(), names.end());
    co_return names;
}

} // namespace accessd
