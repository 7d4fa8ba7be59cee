#include "tests/sandbox/faults.hpp"

#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "tests/sandbox/wire.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <array>

namespace accessd::sandbox {

namespace json = boost::json;

namespace {

constexpr std::array<std::pair<FaultKind, std::string_view>, 24> kind_names = {{
    {FaultKind::throttle_seconds, "throttle_seconds"},
    {FaultKind::throttle_date, "throttle_date"},
    {FaultKind::throttle_reset_iso, "throttle_reset_iso"},
    {FaultKind::throttle_reset_epoch, "throttle_reset_epoch"},
    {FaultKind::throttle_beta, "throttle_beta"},
    {FaultKind::throttle_bare, "throttle_bare"},
    {FaultKind::throttle_503, "throttle_503"},
    {FaultKind::error_500, "error_500"},
    {FaultKind::error_502, "error_502"},
    {FaultKind::error_503, "error_503"},
    {FaultKind::error_504, "error_504"},
    {FaultKind::lost_request, "lost_request"},
    {FaultKind::lost_reply, "lost_reply"},
    {FaultKind::late_effect, "late_effect"},
    {FaultKind::repeated, "repeated"},
    {FaultKind::hollow, "hollow"},
    {FaultKind::empty_page, "empty_page"},
    {FaultKind::slow, "slow"},
    {FaultKind::malformed, "malformed"},
    {FaultKind::truncated, "truncated"},
    {FaultKind::html_200, "html_200"},
    {FaultKind::oversized, "oversized"},
    {FaultKind::unauthorized, "unauthorized"},
    {FaultKind::redirect, "redirect"},
}};

// Counts are signed, as they are once they have been through text.
json::value number(std::uint64_t count) {
    return static_cast<std::int64_t>(count);
}

bool answers_alone(FaultKind kind) {
    return kind <= FaultKind::error_504 || kind == FaultKind::hollow || kind == FaultKind::empty_page ||
           kind == FaultKind::unauthorized || kind == FaultKind::redirect;
}

bool read_text(const json::value& value, std::string& out) {
    if (!value.is_string()) {
        return false;
    }
    out = value.as_string();
    return true;
}

template <class Number> bool read_number(const json::value& value, Number& out) {
    if (!value.is_int64() || value.as_int64() < 0) {
        return false;
    }
    out = static_cast<Number>(value.as_int64());
    return true;
}

// One member of a rule; false when its name or value is not understood.
bool read_member(FaultRule& rule, std::string_view name, const json::value& value) {
    if (name == "vendor") {
        return read_text(value, rule.vendor);
    }
    if (name == "method") {
        return read_text(value, rule.method);
    }
    if (name == "path") {
        return read_text(value, rule.path);
    }
    if (name == "kind") {
        const auto kind = value.is_string() ? parse_fault_kind(value.as_string()) : std::nullopt;
        rule.kind = kind.value_or(rule.kind);
        return kind.has_value();
    }
    if (name == "times") {
        return read_number(value, rule.times.emplace());
    }
    if (name == "after") {
        return read_number(value, rule.after);
    }
    if (name == "probability") {
        rule.probability = value.is_number() ? value.to_number<double>() : -1.0;
        return rule.probability >= 0.0 && rule.probability <= 1.0;
    }
    if (name == "delay_ms") {
        std::int64_t delay = 0;
        const bool good = read_number(value, delay);
        rule.delay = Duration(delay);
        return good;
    }
    if (name == "retry_after_s") {
        return read_number(value, rule.retry_after_s);
    }
    if ((name == "applied" || name == "in_batch") && value.is_bool()) {
        if (name == "applied") {
            rule.applied = value.as_bool();
        } else {
            rule.in_batch = value.as_bool();
        }
        return true;
    }
    return false;
}

int status_of(FaultKind kind) {
    switch (kind) {
    case FaultKind::error_500:
        return 500;
    case FaultKind::error_502:
        return 502;
    case FaultKind::error_503:
    case FaultKind::throttle_503:
        return 503;
    case FaultKind::error_504:
        return 504;
    case FaultKind::hollow:
        return 204;
    case FaultKind::empty_page:
        return 200;
    case FaultKind::unauthorized:
        return 401;
    case FaultKind::redirect:
        return 302;
    default:
        return 429;
    }
}

// https://learn.microsoft.com/graph/errors and the Jira platform's ErrorCollection.
std::string error_body(std::string_view vendor, int status) {
    if (vendor.starts_with("entra")) {
        const std::string_view code = status == 401   ? "InvalidAuthenticationToken"
                                      : status == 429 ? "TooManyRequests"
                                      : status == 500 ? "InternalServerError"
                                      : status == 502 ? "UnknownError"
                                      : status == 503 ? "ServiceUnavailable"
                                                      : "UnknownError";
        const std::string_view message = status == 401 ? "Lifetime validation failed, the token is expired."
                                                       : "The sandbox was told to fail.";
        return json::serialize(json::value{{"error", {{"code", code}, {"message", message}}}});
    }
    return json::serialize(json::value{
        {"errorMessages", json::array{"The sandbox was told to fail."}}, {"errors", json::object()}});
}

void add_throttle_headers(HttpResponse& response, const FaultRule& rule, TimePoint now) {
    const TimePoint until = now + std::chrono::seconds(rule.retry_after_s);
    const auto epoch = std::chrono::floor<std::chrono::seconds>(until).time_since_epoch().count();
    switch (rule.kind) {
    case FaultKind::throttle_seconds:
    case FaultKind::throttle_503:
        response.headers.add("Retry-After", std::to_string(rule.retry_after_s));
        break;
    case FaultKind::throttle_date:
        response.headers.add("Retry-After", format_http_date(until));
        break;
    case FaultKind::throttle_reset_iso:
        // To the minute, as in Atlassian's own examples; rounded up, so that it is never too early.
        response.headers.add(
            "X-RateLimit-Reset",
            format_utc(std::chrono::ceil<std::chrono::minutes>(until)).substr(0, 16) + "Z"
        );
        break;
    case FaultKind::throttle_reset_epoch:
        response.headers.add("X-RateLimit-Remaining", "0");
        response.headers.add("X-RateLimit-Reset", std::to_string(epoch));
        break;
    case FaultKind::throttle_beta:
        response.headers.add("Beta-Retry-After", std::to_string(rule.retry_after_s));
        break;
    default:
        break;
    }
}

} // namespace

std::string_view to_string(FaultKind kind) {
    for (const auto& [value, name] : kind_names) {
        if (value == kind) {
            return name;
        }
    }
    return "unknown";
}

std::optional<FaultKind> parse_fault_kind(std::string_view name) {
    for (const auto& [value, known] : kind_names) {
        if (known == name) {
            return value;
        }
    }
    return std::nullopt;
}

FaultRule::FaultRule(FaultKind what, std::string http_method, std::string path_glob)
    : method(std::move(http_method)), path(std::move(path_glob)), kind(what) {}

std::optional<FaultRule> FaultRule::parse(const json::value& document, std::string& problem) {
    if (!document.is_object() || !document.as_object().contains("kind")) {
        problem = "a rule is an object with a \"kind\"";
        return std::nullopt;
    }
    FaultRule rule;
    for (const auto& [name, value] : document.as_object()) {
        if (!read_member(rule, name, value)) {
            problem = "not understood: " + std::string(name) + " = " + json::serialize(value);
            return std::nullopt;
        }
    }
    if (rule.in_batch && !answers_alone(rule.kind)) {
        problem = "in_batch goes with kinds that answer without the vendor only";
        return std::nullopt;
    }
    return rule;
}

json::object FaultRule::to_json() const {
    json::object out{
        {"vendor", vendor},
        {"method", method},
        {"path", path},
        {"kind", to_string(kind)},
        {"after", number(after)},
        {"probability", probability},
        {"delay_ms", delay.count()},
        {"retry_after_s", retry_after_s},
        {"applied", reaches_vendor()},
        {"in_batch", in_batch},
        {"seen", number(seen)},
        {"strikes", number(strikes)}};
    if (times) {
        out["times"] = number(*times);
    }
    return out;
}

bool FaultRule::reaches_vendor() const {
    return applied.value_or(
        kind == FaultKind::lost_reply || kind == FaultKind::repeated || kind == FaultKind::malformed ||
        kind == FaultKind::truncated || kind == FaultKind::html_200 || kind == FaultKind::oversized
    );
}

void FaultPlan::add(FaultRule rule) {
    rules_.push_back(std::move(rule));
}

const FaultRule* FaultPlan::strike(
    std::string_view vendor, std::string_view method, std::string_view path, bool in_batch, Duration& slowness
) {
    for (FaultRule& rule : rules_) {
        const bool meant = rule.in_batch == in_batch && (rule.vendor.empty() || rule.vendor == vendor) &&
                           (rule.method.empty() || rule.method == method) && matches_glob(rule.path, path);
        if (!meant || (rule.times && rule.strikes >= *rule.times) || ++rule.seen <= rule.after) {
            continue;
        }
        if (rule.probability < 1.0) {
            const double drawn = static_cast<double>(random_.next() >> 11U) * 0x1.0p-53;
            if (drawn >= rule.probability) {
                continue;
            }
        }
        ++rule.strikes;
        ++strikes_;
        if (rule.kind == FaultKind::slow) {
            slowness += rule.delay;
            continue;
        }
        return &rule;
    }
    return nullptr;
}

bool FaultPlan::looks_into_batches() const {
    for (const FaultRule& rule : rules_) {
        if (rule.in_batch) {
            return true;
        }
    }
    return false;
}

json::value FaultPlan::control(std::string_view verb, const json::value& arguments) {
    std::string problem;
    if (verb == "add") {
        if (auto rule = FaultRule::parse(arguments, problem)) {
            add(std::move(*rule));
            return json::object{{"rules", number(rules_.size())}};
        }
        return json::object{{"error", problem}};
    }
    if (verb == "set") {
        const json::array* wanted = find_array(arguments, "rules");
        std::vector<FaultRule> parsed;
        for (const json::value& one : wanted != nullptr ? *wanted : json::array()) {
            auto rule = FaultRule::parse(one, problem);
            if (!rule) {
                return json::object{{"error", problem}};
            }
            parsed.push_back(std::move(*rule));
        }
        if (wanted == nullptr) {
            return json::object{{"error", "set takes {\"rules\":[...]}"}};
        }
        rules_ = std::move(parsed);
        return json::object{{"rules", number(rules_.size())}};
    }
    if (verb == "clear") {
        clear();
        return json::object{{"rules", 0}};
    }
    if (verb == "list") {
        json::array out;
        for (const FaultRule& rule : rules_) {
            out.emplace_back(rule.to_json());
        }
        return json::object{{"rules", std::move(out)}, {"strikes", number(strikes_)}};
    }
    return json::object{{"error", "faults know the verbs add, set, clear and list"}};
}

HttpResponse fault_answer(const FaultRule& rule, std::string_view vendor, TimePoint now) {
    HttpResponse response(status_of(rule.kind));
    if (rule.kind == FaultKind::redirect) {
        response.headers.add("Location", "https://elsewhere.test/signin");
        return response;
    }
    if (rule.kind == FaultKind::hollow) {
        return response;
    }
    response.headers.add("Content-Type", "application/json");
    if (rule.kind == FaultKind::empty_page) {
        // https://learn.microsoft.com/graph/paging: a page may be empty and yet not be the last.
        response.body = R"({"value":[],"@odata.nextLink":"https://graph.test/v1.0/groups?$skiptoken=more"})";
        return response;
    }
    add_throttle_headers(response, rule, now);
    if (rule.kind == FaultKind::unauthorized) {
        response.headers.add("WWW-Authenticate", "Bearer error=\"invalid_token\"");
    }
    response.body = error_body(vendor, response.status);
    return response;
}

bool matches_glob(std::string_view glob, std::string_view text) {
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    std::size_t g = 0;
    std::size_t t = 0;
    while (t < text.size()) {
        if (g < glob.size() && glob[g] == '*') {
            star = g++;
            resume = t;
        } else if (g < glob.size() && glob[g] == text[t]) {
            ++g;
            ++t;
        } else if (star != std::string_view::npos) {
            g = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (g < glob.size() && glob[g] == '*') {
        ++g;
    }
    return g == glob.size();
}

} // namespace accessd::sandbox
