#include "tests/sandbox/sandbox.hpp"

#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "tests/sandbox/batch_faults.hpp"
#include "tests/sandbox/wire.hpp"

#include <boost/json/object.hpp>

#include <algorithm>

namespace accessd::sandbox {

namespace json = boost::json;

namespace {

constexpr std::size_t oversized_bytes = 9U * 1024U * 1024U;

// Ids, issue keys, addresses and encoded names: anything with a digit, "@" or "%"; API versions stay.
bool is_identifier(std::string_view segment) {
    if (segment == "v1.0" || segment == "v2.0" || segment == "oauth2" || segment.size() <= 1) {
        return segment.size() == 1 && segment[0] >= '4' && segment[0] <= '9';
    }
    return segment.find_first_of("0123456789@%") != std::string_view::npos;
}

void corrupt(Delivery& delivery, FaultKind kind) {
    HttpResponse& response = delivery.response;
    switch (kind) {
    case FaultKind::lost_reply:
        delivery.kind = Delivery::Kind::closed;
        response = HttpResponse();
        break;
    case FaultKind::truncated:
        delivery.kind = Delivery::Kind::truncated;
        break;
    case FaultKind::malformed:
        if (response.body.empty()) {
            response = HttpResponse(200);
            response.headers.add("Content-Type", "application/json");
            response.body = "{\"value\": [";
        } else {
            response.body.resize((response.body.size() + 1) / 2);
        }
        break;
    case FaultKind::html_200:
        response = HttpResponse(200);
        response.headers.add("Content-Type", "text/html");
        response.body = "<!DOCTYPE html><html><body><h1>Please sign in to the proxy</h1></body></html>";
        break;
    case FaultKind::oversized:
        response = HttpResponse(200);
        response.headers.add("Content-Type", "application/json");
        response.body = "{\"filler\":\"" + std::string(oversized_bytes, 'x') + "\"}";
        break;
    default:
        break;
    }
}

/// Whether the vendor did what it was asked, every part of a batch included.
bool is_carried_out(const HttpResponse& response) {
    if (response.status / 100 != 2) {
        return false;
    }
    const auto body = parse_json(response.body);
    const json::array* const parts = body ? find_array(*body, "responses") : nullptr;
    return parts == nullptr || std::all_of(parts->begin(), parts->end(), [](const json::value& part) {
               return find_integer(part, "status").value_or(200) / 100 == 2;
           });
}

} // namespace

std::string endpoint_of(std::string_view method, std::string_view path) {
    std::string out(method);
    out += ' ';
    if (path.starts_with('/')) {
        path.remove_prefix(1);
    }
    for (const std::string_view segment : split(path, '/')) {
        out += '/';
        out += is_identifier(segment) ? std::string_view("*") : segment;
    }
    return out;
}

VendorModel& Sandbox::add(std::unique_ptr<VendorModel> model, const std::vector<std::string>& origins) {
    models_.push_back(std::move(model));
    for (const std::string& origin : origins) {
        origins_[origin] = models_.back().get();
    }
    return *models_.back();
}

VendorModel* Sandbox::find(std::string_view name) {
    for (const auto& model : models_) {
        if (model->name() == name) {
            return model.get();
        }
    }
    return nullptr;
}

Delivery Sandbox::deliver(const HttpRequest& request, TimePoint now) {
    settle(now);
    const Url url(request.url);
    const auto place = origins_.find(url.origin);
    VendorModel* const model = place == origins_.end() ? nullptr : place->second;
    record(model == nullptr ? std::string_view() : model->name(), request, now);
    Delivery delivery;
    std::string_view struck;
    if (model == nullptr) {
        delivery.response = HttpResponse(421);
    } else {
        delivery = apply(*model, request, now, struck);
    }
    if (delivery.kind != Delivery::Kind::closed && !delivery.response.headers.find("date")) {
        delivery.response.headers.add("Date", format_http_date(now));
    }
    if (on_exchange) {
        on_exchange(request, delivery.response.status, struck);
    }
    if (log_limit_ > 0) {
        log_.back().status = delivery.response.status;
        log_.back().fault = struck;
    }
    return delivery;
}

Delivery
Sandbox::apply(VendorModel& model, const HttpRequest& request, TimePoint now, std::string_view& struck) {
    Delivery delivery;
    const FaultRule* rule = nullptr;
    if (!faults_.rules().empty()) {
        const std::string_view path = Url(request.url).path;
        const auto decoded = percent_decode(path);
        rule = faults_.strike(
            model.name(), request.method, decoded ? *decoded : std::string(path), false, delivery.delay
        );
    }
    if (rule == nullptr) {
        delivery.response = handle(model, request, now);
        return delivery;
    }
    struck = to_string(rule->kind);
    if (rule->reaches_vendor()) {
        delivery.response = handle(model, request, now);
    }
    switch (rule->kind) {
    case FaultKind::lost_request:
        delivery.kind = Delivery::Kind::closed;
        break;
    case FaultKind::late_effect:
        delivery.kind = Delivery::Kind::closed;
        late_.emplace(now + rule->delay, Late(request, &model, now, true));
        break;
    case FaultKind::repeated:
        if (is_carried_out(delivery.response)) { // what was refused has no work that could be done twice
            late_.emplace(now + rule->delay, Late(request, &model, now, true));
        }
        break;
    case FaultKind::lost_reply:
    case FaultKind::malformed:
    case FaultKind::truncated:
    case FaultKind::html_200:
    case FaultKind::oversized:
        corrupt(delivery, rule->kind);
        break;
    default:
        delivery.response = fault_answer(*rule, model.name(), now);
        break;
    }
    return delivery;
}

HttpResponse Sandbox::handle(VendorModel& model, const HttpRequest& request, TimePoint now) {
    sent_at_ = now;
    if (faults_.looks_into_batches() && Url(request.url).path.ends_with("/$batch")) {
        return handle_batch_with_faults(model, faults_, request, now);
    }
    return model.handle(request, now);
}

void Sandbox::deliver_later(HttpRequest request, TimePoint sent, TimePoint when) {
    const auto place = origins_.find(Url(request.url).origin);
    if (place != origins_.end()) {
        late_.emplace(when, Late(std::move(request), place->second, sent, false));
    }
}

void Sandbox::settle(TimePoint now) {
    while (!late_.empty() && late_.begin()->first <= now) {
        auto due = late_.extract(late_.begin());
        const Late& late = due.mapped();
        if (!late.counted) {
            record(late.model->name(), late.request, due.key());
        }
        sent_at_ = late.sent;
        const HttpResponse response = late.model->handle(late.request, due.key());
        if (on_exchange) {
            on_exchange(late.request, response.status, "late");
        }
    }
}

void Sandbox::record(std::string_view vendor, const HttpRequest& request, TimePoint now) {
    ++calls_;
    const auto count = [](auto& counts, std::string_view key) {
        const auto known = counts.find(key);
        if (known == counts.end()) {
            counts.emplace(key, 1);
        } else {
            ++known->second;
        }
    };
    count(by_vendor_, vendor);
    count(by_endpoint_, endpoint_of(request.method, Url(request.url).path));
    if (log_limit_ > 0) {
        log_.emplace_back();
        log_.back().at = now;
        log_.back().vendor = vendor;
        log_.back().request = request;
        if (log_.size() > log_limit_) {
            log_.pop_front();
        }
    }
}

void Sandbox::keep_log(std::size_t count) {
    log_limit_ = count;
    while (log_.size() > count) {
        log_.pop_front();
    }
}

json::value Sandbox::control(
    std::string_view vendor, std::string_view verb, const json::value& arguments, TimePoint now
) {
    settle(now);
    if (vendor == "faults") {
        return faults_.control(verb, arguments);
    }
    if (vendor == "sandbox") {
        return own_control(verb);
    }
    VendorModel* const model = find(vendor);
    if (model == nullptr) {
        return json::object{{"error", "no such vendor: " + std::string(vendor)}};
    }
    return model->control(verb, arguments, now);
}

json::value Sandbox::own_control(std::string_view verb) {
    if (verb == "reset_stats") {
        calls_ = 0;
        by_vendor_.clear();
        by_endpoint_.clear();
        log_.clear();
    } else if (verb != "stats") {
        return json::object{{"error", "sandbox knows the verbs stats and reset_stats"}};
    }
    json::object vendors;
    for (const auto& [name, count] : by_vendor_) {
        vendors[name] = static_cast<std::int64_t>(count);
    }
    json::object endpoints;
    for (const auto& [name, count] : by_endpoint_) {
        endpoints[name] = static_cast<std::int64_t>(count);
    }
    return json::object{
        {"calls", static_cast<std::int64_t>(calls_)},
        {"vendors", std::move(vendors)},
        {"endpoints", std::move(endpoints)},
        {"fault_strikes", static_cast<std::int64_t>(faults_.strikes())}};
}

std::uint64_t Sandbox::calls(std::string_view vendor) const {
    if (vendor.empty()) {
        return calls_;
    }
    const auto known = by_vendor_.find(vendor);
    return known == by_vendor_.end() ? 0 : known->second;
}

std::uint64_t Sandbox::calls_to(std::string_view endpoint) const {
    const auto known = by_endpoint_.find(endpoint);
    return known == by_endpoint_.end() ? 0 : known->second;
}

} // namespace accessd::sandbox
