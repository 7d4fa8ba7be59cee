#include "tests/hostile_peers/fault.hpp"
#include "tests/sandbox/wire.hpp"

// What a status code can say, true or not.
namespace accessd::hostile {

namespace {

using namespace std::chrono_literals;
using Kind = Act::Kind;

constexpr std::string_view json_type = "Content-Type: application/json\r\n";

/// The vendor refuses: nothing is done.
Fault refusal(std::string name, int status, Hope hope, std::string lines = "", std::string body = "{}") {
    const std::string wire = to_wire(status, lines.append(json_type), body);
    Fault fault(std::move(name), hope, [wire](const HttpResponse&, const Scene&) {
        return Script(1, Act(Kind::send, wire));
    });
    fault.vendor_acts = false;
    return fault;
}

Fault refusal(int status, Hope hope) {
    return refusal("status_" + std::to_string(status), status, hope);
}

/// The vendor acts, and a gateway says that it failed.
Fault late(int status) {
    Fault fault = refusal("status_" + std::to_string(status) + "_done", status, Hope::recovers);
    fault.vendor_acts = true;
    return fault;
}

Fault throttle(std::string name, int status, std::string lines) {
    return refusal(std::move(name), status, Hope::recovers, std::move(lines));
}

/// The true answer under another status.
Fault relabelled(int status, Hope hope) {
    return Fault(
        "answer_as_" + std::to_string(status),
        hope,
        [status](const HttpResponse& answer, const Scene&) {
            HttpResponse other = answer;
            other.status = status;
            return Script(1, Act(Kind::send, to_wire(other)));
        }
    );
}

Fault throttled_until(std::string name, Duration from_now) {
    Fault fault(std::move(name), Hope::recovers, [from_now](const HttpResponse&, const Scene& scene) {
        const std::string date = sandbox::format_http_date(scene.now + from_now);
        return Script(1, Act(Kind::send, to_wire(429, "Retry-After: " + date + "\r\n", "")));
    });
    fault.vendor_acts = false;
    return fault;
}

} // namespace

std::vector<Fault> status_faults() {
    std::vector<Fault> faults;
    for (const int status :
         {400, 402, 403, 404, 405, 406, 410, 411, 413, 414, 415, 418, 421, 422, 426, 428, 431, 451}) {
        faults.push_back(refusal(status, Hope::refused));
    }
    for (const int status :
         {408, 409, 412, 423, 425, 500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 599}) {
        faults.push_back(refusal(status, Hope::recovers));
    }
    for (const int status : {408, 500, 502, 503, 504}) {
        faults.push_back(late(status));
    }
    faults.push_back(refusal("unauthorized_once", 401, Hope::recovers, "WWW-Authenticate: Bearer\r\n"));
    faults.back().times = 1;
    faults.push_back(refusal("unauthorized", 401, Hope::recovers, "WWW-Authenticate: Basic realm=\"x\"\r\n"));
    faults.push_back(refusal("unauthorized_for_long", 401, Hope::recovers));
    faults.back().times = 12;
    faults.push_back(refusal("server_error_for_long", 503, Hope::recovers));
    faults.back().times = 12;
    faults.push_back(throttle("retry_after_seconds", 429, "Retry-After: 7\r\n"));
    faults.push_back(throttle("retry_after_zero", 429, "Retry-After: 0\r\n"));
    faults.push_back(throttle("retry_after_negative", 429, "Retry-After: -30\r\n"));
    faults.push_back(throttle("retry_after_fraction", 429, "Retry-After: 1.5\r\n"));
    faults.push_back(throttle("retry_after_huge", 429, "Retry-After: 1000000000000\r\n"));
    faults.push_back(throttle("retry_after_overflow", 429, "Retry-After: 99999999999999999999999\r\n"));
    faults.push_back(throttle("retry_after_garbage", 429, "Retry-After: soon\r\n"));
    faults.push_back(throttle("retry_after_missing", 429, ""));
    faults.push_back(throttle("retry_after_twice", 429, "Retry-After: 5\r\nRetry-After: never\r\n"));
    faults.push_back(throttle("retry_after_503", 503, "Retry-After: 20\r\n"));
    faults.push_back(throttle("retry_after_403", 403, "Retry-After: 20\r\n"));
    faults.push_back(throttle("rate_limit_reset_garbage", 429, "X-RateLimit-Reset: yesterday\r\n"));
    faults.push_back(throttled_until("retry_after_date", 20s));
    faults.push_back(throttled_until("retry_after_past_date", -1h));
    faults.push_back(throttled_until("retry_after_date_in_10_years", 87600h));
    for (const int status : {201, 202, 203, 206, 226, 299}) {
        faults.push_back(relabelled(status, Hope::recovers));
    }
    faults.push_back(relabelled(600, Hope::recovers));
    faults.push_back(relabelled(999, Hope::recovers));
    return faults;
}

} // namespace accessd::hostile
