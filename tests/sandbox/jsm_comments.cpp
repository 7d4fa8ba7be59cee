#include "tests/sandbox/jsm_comments.hpp"

#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "tests/sandbox/jsm_adf.hpp"
#include "tests/sandbox/jsm_render.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>

namespace accessd::sandbox::jsm {

namespace {

constexpr std::ptrdiff_t text_limit = 32'767;

bool is_internal(const boost::json::value& property) {
    const boost::json::value* value = find(property, "value");
    return find_string(property, "key") == "sd.public.comment" && value != nullptr &&
           find_bool(*value, "internal") == true;
}

std::optional<HttpResponse> read_properties(const boost::json::array& properties, Comment& comment) {
    for (const boost::json::value& property : properties) {
        if (auto refusal = check_object(property, {{"key", 's', true}, {"value", 'x', true}})) {
            return refusal;
        }
        if (string_or_empty(property, "key").size() > 255) {
            return bad_payload("properties", "a key is longer than 255 characters");
        }
        if (is_internal(property)) {
            comment.is_public = false;
        }
    }
    comment.properties = boost::json::serialize(properties);
    return std::nullopt;
}

std::optional<HttpResponse>
read_visibility(const State& state, const boost::json::value& visibility, Comment& comment) {
    if (auto refusal = check_object(visibility, {{"type", 's', true}, {"value", 's'}, {"identifier", 'x'}})) {
        return refusal;
    }
    const std::string type = string_or_empty(visibility, "type");
    std::string who = string_or_empty(visibility, "value");
    if (who.empty()) {
        who = string_or_empty(visibility, "identifier");
    }
    const bool role = type == "role" && (who == "Service Desk Team" || who == "Administrators");
    const bool group = type == "group" && std::ranges::any_of(state.groups, [&](const Group& known) {
                           return known.name == who || known.id == who;
                       });
    if (!role && !group) {
        return field_error("commentLevel", "Group or role '" + who + "' does not exist.");
    }
    comment.visibility = boost::json::serialize(visibility);
    comment.is_public = false;
    return std::nullopt;
}

HttpResponse list_comments(Call& call) {
    const Issue* issue = call.issue(call.path[0]);
    if (issue == nullptr) {
        return issue_not_found();
    }
    Number start = number(call, "startAt", 0, 0, 1'000'000);
    Number limit = number(call, "maxResults", 100, 0, 5000);
    for (Number* parsed : {&start, &limit}) {
        if (parsed->refusal) {
            return std::move(*parsed->refusal);
        }
    }
    const std::vector<std::string> expand = call.list("expand");
    if (auto refusal = check_expand(expand, "renderedBody properties")) {
        return std::move(*refusal);
    }
    const std::string_view order = call.parameter("orderBy").value_or("created");
    if (order != "created" && order != "+created" && order != "-created") {
        return jira_error(400, "orderBy takes created, +created and -created.");
    }
    const bool properties =
        call.state.settings.comment_properties && std::ranges::find(expand, "properties") != expand.end();
    const auto total = std::ssize(issue->comments);
    const std::int64_t most = std::min<std::int64_t>(limit.value, 100);
    const auto end = std::min<std::int64_t>(total, start.value + most);
    JsonText out;
    out.open('{').key("startAt").number(start.value).key("maxResults").number(most);
    out.key("total").number(total).key("comments").open('[');
    for (std::int64_t i = start.value; i < end; ++i) {
        const auto at = static_cast<std::size_t>(order == "-created" ? total - 1 - i : i);
        write_comment(out, call, *issue, issue->comments[at], properties);
    }
    return json_answer(200, out.close(']').close('}').take());
}

HttpResponse add_comment(Call& call) {
    Issue* issue = call.issue(call.path[0]);
    if (issue == nullptr || !call.may("ADD_COMMENTS")) {
        return issue_not_found();
    }
    const std::vector<std::string> expand = call.list("expand");
    if (auto refusal = check_expand(expand, "renderedBody properties")) {
        return std::move(*refusal);
    }
    auto read = read_comment(call, *issue, call.body, false);
    if (auto* refusal = std::get_if<HttpResponse>(&read)) {
        return std::move(*refusal);
    }
    if (auto refusal = count_write(call, *issue)) {
        return std::move(*refusal);
    }
    const Comment& added = call.state.comment(*issue, std::move(std::get<Comment>(read)), call.now);
    JsonText out;
    write_comment(out, call, *issue, added, std::ranges::find(expand, "properties") != expand.end());
    return json_answer(201, out.take());
}

std::vector<Comment>::iterator find_comment(Issue& issue, std::string_view id) {
    const auto number = parse_integer(id);
    return std::ranges::find_if(issue.comments, [&](const Comment& comment) {
        return number && comment.id == *number;
    });
}

HttpResponse no_comment() {
    return jira_error(404, "Can not find a comment for the id.");
}

HttpResponse get_comment(Call& call) {
    Issue* issue = call.issue(call.path[0]);
    if (issue == nullptr) {
        return issue_not_found();
    }
    const std::vector<std::string> expand = call.list("expand");
    if (auto refusal = check_expand(expand, "renderedBody properties")) {
        return std::move(*refusal);
    }
    const auto comment = find_comment(*issue, call.path[1]);
    if (comment == issue->comments.end()) {
        return no_comment();
    }
    JsonText out;
    write_comment(out, call, *issue, *comment, std::ranges::find(expand, "properties") != expand.end());
    return json_answer(200, out.take());
}

HttpResponse delete_comment(Call& call) {
    Issue* issue = call.issue(call.path[0]);
    if (issue == nullptr) {
        return issue_not_found();
    }
    const auto comment = find_comment(*issue, call.path[1]);
    if (comment == issue->comments.end()) {
        return no_comment();
    }
    if (comment->author != call.caller || !call.may("DELETE_OWN_COMMENTS")) {
        return jira_error(400, "You do not have the permission to delete this comment.");
    }
    if (auto refusal = count_write(call, *issue)) {
        return std::move(*refusal);
    }
    issue->comments.erase(comment);
    call.state.touch(*issue, call.now);
    return HttpResponse(204);
}

constexpr std::array routes = {
    Route{
        "GET",
        "/rest/api/3/issue/*/comment",
        "startAt maxResults orderBy expand",
        Anonymous::served,
        list_comments},
    Route{"POST", "/rest/api/3/issue/*/comment", "expand", Anonymous::served, add_comment},
    Route{"GET", "/rest/api/3/issue/*/comment/*", "expand", Anonymous::served, get_comment},
    Route{"DELETE", "/rest/api/3/issue/*/comment/*", "", Anonymous::served, delete_comment},
};

} // namespace

std::variant<Comment, HttpResponse>
read_comment(Call& call, const Issue& issue, const boost::json::value& body, bool in_transition) {
    if (auto refusal = check_object(body, {{"body", 'o', true}, {"visibility", 'o'}, {"properties", 'a'}})) {
        return std::move(*refusal);
    }
    const boost::json::value& document = body.get_object().at("body");
    if (const auto fault = adf_fault(document)) {
        return field_error("comment", "INVALID_INPUT: " + *fault);
    }
    Comment comment;
    comment.author = call.caller;
    comment.text = adf_text(document);
    comment.body = boost::json::serialize(document);
    if (comment.text.empty()) {
        return field_error("comment", "Comment body can not be empty!");
    }
    const auto characters = std::ranges::count_if(comment.text, [](char c) { return (c & 0xC0) != 0x80; });
    if (characters > text_limit) {
        return field_error(
            "comment", "The entered text is too long. It exceeds the allowed limit of 32,767 characters."
        );
    }
    if (const boost::json::array* properties = find_array(body, "properties")) {
        if (auto refusal = read_properties(*properties, comment)) {
            return std::move(*refusal);
        }
    }
    if (in_transition) {
        comment.is_public = true;
    }
    if (const boost::json::value* visibility = find(body, "visibility")) {
        if (auto refusal = read_visibility(call.state, *visibility, comment)) {
            return std::move(*refusal);
        }
    }
    if (std::ssize(issue.comments) >= call.state.settings.comment_limit) {
        return jira_error(413, "The issue has reached its limit of comments.");
    }
    return comment;
}

std::span<const Route> comment_routes() {
    return routes;
}

} // namespace accessd::sandbox::jsm
