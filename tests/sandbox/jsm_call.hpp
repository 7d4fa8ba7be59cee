#pragma once

#include "core/http/http.hpp"
#include "core/model/time.hpp"
#include "tests/sandbox/jsm_state.hpp"
#include "tests/sandbox/jsm_text.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace accessd::sandbox::jsm {

/// One request on its way through the model. What the route demands (known parameters, media types, who may
/// call) has been checked when an operation sees it.
class Call {
public:
    Call(State& site, TimePoint moment) : state(site), now(moment) {}

    State& state;
    TimePoint now;
    const User* caller = nullptr;  ///< none: anonymous, or the credential was wrong
    std::vector<std::string> path; ///< what stands for the "*" of the route
    std::vector<std::pair<std::string, std::string>> query;
    boost::json::value body;

    std::optional<std::string_view> parameter(std::string_view name) const;
    /// Comma separated, repeatable.
    std::vector<std::string> list(std::string_view name) const;

    int offset_minutes() const { return caller == nullptr ? 0 : caller->offset_minutes; }

    /// The account has this project permission.
    bool may(std::string_view permission) const;
    /// Jira does not tell "is not there" from "you may not see it".
    bool sees(const Project& project) const;
    Issue* issue(std::string_view id_or_key) const;
};

using Operation = HttpResponse (*)(Call&);

/// Who is answered without a valid credential.
enum class Anonymous : std::uint8_t { refused, served };

class Route {
public:
    std::string_view method;
    std::string_view path;  ///< "*" matches one segment
    std::string_view query; ///< the names of the allowed parameters between blanks
    Anonymous anonymous = Anonymous::refused;
    Operation operation = nullptr;
};

std::span<const Route> search_routes();
std::span<const Route> issue_routes();
std::span<const Route> comment_routes();
std::span<const Route> transition_routes();
std::span<const Route> desk_routes();
std::span<const Route> site_routes();
std::span<const Route> people_routes();

HttpResponse json_answer(int status, std::string body);
/// {"errorMessages": [message], "errors": {}}
HttpResponse jira_error(int status, std::string_view message);
/// {"errorMessages": [], "errors": {field: message}}
HttpResponse field_error(std::string_view field, std::string_view message);
/// The service desk's {"errorMessage", "i18nErrorMessage"}.
HttpResponse desk_error(int status, std::string_view message);
HttpResponse issue_not_found();
/// A body that does not fit the description: Jira's one text for it, and which member.
HttpResponse bad_payload(std::string_view member, std::string_view why);

/// One allowed member of a body. `type`: s string, i integer, b boolean, o object, a array, S array of
/// strings, I array of integers, x anything.
class Member {
public:
    std::string_view name;
    char type = 'x';
    bool required = false;
};

/// The refusal when `document` is not an object of just these members.
std::optional<HttpResponse>
check_object(const boost::json::value& document, std::initializer_list<Member> members);

/// A number from the query; the refusal when it is not one or out of range.
class Number {
public:
    Number() = default;

    std::int64_t value = 0;
    std::optional<HttpResponse> refusal;
};

Number number(
    const Call& call, std::string_view name, std::int64_t otherwise, std::int64_t least, std::int64_t most
);

/// "names,schema": the refusal when a part is not in `known` (between blanks).
std::optional<HttpResponse> check_expand(std::span<const std::string> parts, std::string_view known);

/// A word of a list between blanks.
bool has_word(std::string_view list, std::string_view word);

/// Counts a write on an issue; the refusal when the per-issue limit is reached.
std::optional<HttpResponse> count_write(Call& call, Issue& issue);

} // namespace accessd::sandbox::jsm
