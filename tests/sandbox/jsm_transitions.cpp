#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "tests/sandbox/jsm_call.hpp"
#include "tests/sandbox/jsm_comments.hpp"

#include <algorithm>
#include <array>

namespace accessd::sandbox::jsm {

namespace {

void write_transition(JsonText& out, const Transition& transition, bool screen, bool fields) {
    out.open('{').key("id").text(std::to_string(transition.id)).key("name").text(transition.name);
    out.key("to").raw(transition.to->json).key("hasScreen").boolean(screen);
    out.key("isGlobal").boolean(false).key("isInitial").boolean(false).key("isAvailable").boolean(true);
    out.key("isConditional").boolean(false);
    if (fields) {
        out.key("fields").open('{').close('}');
    }
    out.key("looped").boolean(false).close('}');
}

/// Without the permission nothing is available; Jira does not call that an error.
bool available(const Call& call, const Issue& issue, const Transition& transition) {
    return call.may("TRANSITION_ISSUES") && leads_from(transition, *issue.facts.status);
}

HttpResponse list_transitions(Call& call) {
    const Issue* issue = call.issue(call.path[0]);
    if (issue == nullptr) {
        return issue_not_found();
    }
    const std::vector<std::string> expand = call.list("expand");
    if (auto refusal = check_expand(expand, "transitions.fields")) {
        return std::move(*refusal);
    }
    const auto only = call.parameter("transitionId");
    JsonText out;
    out.open('{').key("expand").text("transitions").key("transitions").open('[');
    for (const Transition& transition : call.state.transitions) {
        if (available(call, *issue, transition) && (!only || *only == std::to_string(transition.id))) {
            write_transition(out, transition, call.state.settings.transition_screens, !expand.empty());
        }
    }
    return json_answer(200, out.close(']').close('}').take());
}

const Transition* chosen(const Call& call, const Issue& issue) {
    const std::string text = string_or_empty(*find(call.body, "transition"), "id");
    const auto found = std::ranges::find_if(call.state.transitions, [&](const Transition& transition) {
        return std::to_string(transition.id) == text && available(call, issue, transition);
    });
    return found == call.state.transitions.end() ? nullptr : &*found;
}

/// The comments of "update"; or the refusal of that member.
std::variant<std::vector<Comment>, HttpResponse> comments_of(Call& call, const Issue& issue) {
    std::vector<Comment> comments;
    const boost::json::object* update = find_object(call.body, "update");
    if (update == nullptr) {
        return comments;
    }
    for (const auto& member : *update) {
        const std::string field(member.key());
        if (field != "comment" || !call.state.settings.transition_screens) {
            return field_error(
                field, "Field '" + field + "' cannot be set. It is not on the appropriate screen, or unknown."
            );
        }
        if (!member.value().is_array()) {
            return bad_payload("update.comment", "an array is wanted");
        }
        for (const boost::json::value& act : member.value().get_array()) {
            if (auto refusal = check_object(act, {{"add", 'o', true}})) {
                return std::move(*refusal);
            }
            auto read = read_comment(call, issue, act.get_object().at("add"), true);
            if (auto* refusal = std::get_if<HttpResponse>(&read)) {
                return std::move(*refusal);
            }
            comments.push_back(std::move(std::get<Comment>(read)));
        }
    }
    return comments;
}

std::optional<HttpResponse> check_transition_body(const Call& call) {
    if (auto refusal = check_object(
            call.body,
            {{"transition", 'o', true},
             {"fields", 'o'},
             {"update", 'o'},
             {"historyMetadata", 'o'},
             {"properties", 'a'}}
        )) {
        return refusal;
    }
    if (auto refusal = check_object(*find(call.body, "transition"), {{"id", 's', true}})) {
        return refusal;
    }
    const boost::json::object* fields = find_object(call.body, "fields");
    if (fields != nullptr && !fields->empty()) {
        const std::string field(fields->begin()->key());
        return field_error(
            field, "Field '" + field + "' cannot be set. It is not on the appropriate screen, or unknown."
        );
    }
    return std::nullopt;
}

HttpResponse do_transition(Call& call) {
    Issue* issue = call.issue(call.path[0]);
    if (issue == nullptr) {
        return issue_not_found();
    }
    if (auto refusal = check_transition_body(call)) {
        return std::move(*refusal);
    }
    const Transition* transition = chosen(call, *issue);
    if (transition == nullptr) {
        const std::string id = string_or_empty(*find(call.body, "transition"), "id");
        return jira_error(400, "Transition id '" + id + "' is not valid for this issue.");
    }
    auto read = comments_of(call, *issue);
    if (auto* refusal = std::get_if<HttpResponse>(&read)) {
        return std::move(*refusal);
    }
    if (auto refusal = count_write(call, *issue)) {
        return std::move(*refusal);
    }
    if (issue->conflicts > 0) {
        --issue->conflicts;
        return jira_error(409, "The issue was updated by another request at the same time.");
    }
    call.state.move_to_status(*issue, *transition->to, call.caller, call.now);
    for (Comment& comment : std::get<std::vector<Comment>>(read)) {
        call.state.comment(*issue, std::move(comment), call.now);
    }
    return HttpResponse(204);
}

constexpr std::array routes = {
    Route{
        "GET",
        "/rest/api/3/issue/*/transitions",
        "expand transitionId skipRemoteOnlyCondition includeUnavailableTransitions sortByOpsBarAndStatus",
        Anonymous::served,
        list_transitions},
    Route{"POST", "/rest/api/3/issue/*/transitions", "", Anonymous::served, do_transition},
};

} // namespace

std::span<const Route> transition_routes() {
    return routes;
}

} // namespace accessd::sandbox::jsm
