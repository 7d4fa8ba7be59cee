#include "tests/sandbox/batch_faults.hpp"

#include "core/support/json.hpp"
#include "tests/sandbox/wire.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <set>

namespace accessd::sandbox {

namespace json = boost::json;

namespace {

json::object item_answer(std::string_view id, const HttpResponse& answer) {
    json::object headers;
    for (const auto& [name, value] : answer.headers.all()) {
        headers[name] = value;
    }
    json::object item{{"id", id}, {"status", answer.status}, {"headers", std::move(headers)}};
    if (!answer.body.empty()) {
        item["body"] = json::parse(answer.body);
    }
    return item;
}

bool depends_on_failed(const json::value& item, const std::set<std::string, std::less<>>& failed) {
    const json::array* on = find_array(item, "dependsOn");
    for (const json::value& id : on != nullptr ? *on : json::array()) {
        if (id.is_string() && failed.contains(std::string_view(id.as_string()))) {
            return true;
        }
    }
    return false;
}

/// What it waited for may have been answered here: of that the model does not know.
json::value without_dependency(const json::value& item, const std::set<std::string, std::less<>>& answered) {
    json::object rest = item.as_object();
    json::array kept;
    const json::array* on = find_array(item, "dependsOn");
    for (const json::value& id : on != nullptr ? *on : json::array()) {
        if (!id.is_string() || !answered.contains(std::string_view(id.as_string()))) {
            kept.push_back(id);
        }
    }
    if (kept.empty()) {
        rest.erase("dependsOn");
    } else {
        rest["dependsOn"] = std::move(kept);
    }
    return rest;
}

} // namespace

HttpResponse
handle_batch_with_faults(VendorModel& model, FaultPlan& plan, const HttpRequest& request, TimePoint now) {
    auto document = parse_json(request.body);
    const json::array* items = document ? accessd::find_array(*document, "requests") : nullptr;
    if (items == nullptr) {
        return model.handle(request, now);
    }
    json::array passed;
    json::array answers;
    std::set<std::string, std::less<>> failed;
    std::set<std::string, std::less<>> answered_here;
    for (const json::value& item : *items) {
        const std::string id = string_or_empty(item, "id");
        const std::string url = "/v1.0" + string_or_empty(item, "url");
        const auto path = percent_decode(url.substr(0, url.find('?')));
        Duration ignored{0};
        const FaultRule* rule =
            plan.strike(model.name(), string_or_empty(item, "method"), path.value_or(url), true, ignored);
        if (rule != nullptr) {
            answered_here.insert(id);
            if (rule->kind != FaultKind::hollow && rule->kind != FaultKind::empty_page) {
                failed.insert(id);
            }
            answers.emplace_back(item_answer(id, fault_answer(*rule, model.name(), now)));
        } else if (depends_on_failed(item, failed)) {
            failed.insert(id);
            answered_here.insert(id);
            HttpResponse answer(424);
            answer.body =
                R"({"error":{"code":"FailedDependency","message":"A request it depends on failed."}})";
            answers.emplace_back(item_answer(id, answer));
        } else {
            passed.push_back(without_dependency(item, answered_here));
        }
    }
    if (answered_here.empty()) {
        return model.handle(request, now);
    }
    HttpResponse response(200);
    response.headers.add("Content-Type", "application/json");
    if (!passed.empty()) {
        HttpRequest rest = request;
        rest.body = json::serialize(json::value{{"requests", std::move(passed)}});
        response = model.handle(rest, now);
        auto answered = parse_json(response.body);
        const json::array* done = answered ? accessd::find_array(*answered, "responses") : nullptr;
        if (done == nullptr) {
            return response;
        }
        answers.insert(answers.end(), done->begin(), done->end());
    }
    response.body = json::serialize(json::value{{"responses", std::move(answers)}});
    return response;
}

} // namespace accessd::sandbox
