#include "tests/sandbox/jsm.hpp"

#include "tests/sandbox/jsm_control.hpp"
#include "tests/sandbox/jsm_router.hpp"
#include "tests/sandbox/jsm_state.hpp"

#include <boost/json/object.hpp>

namespace accessd::sandbox {

namespace json = boost::json;

namespace {

jsm::Settings settings_from(const JsmOptions& options) {
    jsm::Settings settings;
    settings.base_url = options.base_url;
    settings.email = options.email;
    settings.token = options.token;
    return settings;
}

json::object stats(const jsm::State& state, const jsm::Router& router) {
    json::object calls;
    for (const auto& counted : router.counted()) {
        if (counted.calls > 0) {
            calls[std::string(counted.route->method) + " " + std::string(counted.route->path)] =
                counted.calls;
        }
    }
    return {{"calls", std::move(calls)}, {"total", router.total()}, {"issues", state.issue_count()}};
}

} // namespace

JsmModel::JsmModel(const JsmOptions& options)
    : state_(std::make_unique<jsm::State>(settings_from(options))),
      router_(std::make_unique<jsm::Router>(*state_)) {}

JsmModel::~JsmModel() = default;

HttpResponse JsmModel::handle(const HttpRequest& request, TimePoint now) {
    return router_->handle(request, now);
}

json::value JsmModel::control(std::string_view verb, const json::value& arguments, TimePoint now) {
    const json::object empty;
    const json::object& given = arguments.is_object() ? arguments.get_object() : empty;
    if (verb == "stats") {
        return stats(*state_, *router_);
    }
    if (verb == "reset_stats") {
        router_->reset();
        return json::object();
    }
    jsm::Verb act = jsm::issue_verb(verb);
    if (act == nullptr) {
        act = jsm::site_verb(verb);
    }
    if (act == nullptr) {
        return json::object{{"error", "there is no verb " + std::string(verb)}};
    }
    try {
        return act(*state_, jsm::Arguments(*state_, given), now);
    } catch (const jsm::NotDone& why) {
        return json::object{{"error", why.what()}};
    }
}

std::unique_ptr<VendorModel> make_jsm(const JsmOptions& options) {
    return std::make_unique<JsmModel>(options);
}

} // namespace accessd::sandbox
