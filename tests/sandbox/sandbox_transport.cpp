#include "tests/sandbox/sandbox_transport.hpp"

#include "tests/sandbox/wire.hpp"

#include <algorithm>

namespace accessd::sandbox {

namespace {

constexpr std::size_t body_limit = 8U * 1024U * 1024U;

// What was sent arrives, whatever becomes of the sender's coroutine.
class OnTheWay {
public:
    OnTheWay(Sandbox& sandbox, const HttpRequest& request, TimePoint sent, TimePoint arrival)
        : sandbox_(sandbox), request_(request), sent_(sent), arrival_(arrival) {}

    OnTheWay(const OnTheWay&) = delete;
    OnTheWay& operator=(const OnTheWay&) = delete;

    ~OnTheWay() {
        if (!arrived_) {
            sandbox_.deliver_later(std::move(request_), sent_, arrival_);
        }
    }

    Delivery arrive(TimePoint now) {
        arrived_ = true;
        return sandbox_.deliver(request_, now);
    }

private:
    Sandbox& sandbox_;
    HttpRequest request_;
    TimePoint sent_;
    TimePoint arrival_;
    bool arrived_ = false;
};

Error failed(const HttpRequest& request, std::string code, const std::string& what, Effect effect) {
    Error error(Fault::transient, std::move(code), std::string(Url(request.url).origin) + ": " + what);
    return std::move(error).with_effect(effect);
}

Result<HttpResponse> received(const HttpRequest& request, Delivery delivery) {
    if (delivery.kind != Delivery::Kind::answered) {
        return failed(request, "http.closed", "the connection was closed before the answer", Effect::unknown);
    }
    if (delivery.response.body.size() > body_limit) {
        return failed(request, "http.too_large", "the answer is longer than 8 MiB", Effect::unknown);
    }
    return std::move(delivery.response);
}

} // namespace

Task<Result<HttpResponse>> SandboxTransport::send(const HttpRequest& request, TimePoint deadline) {
    if (!sandbox_.knows_origin(Url(request.url).origin)) {
        co_return failed(request, "http.resolve", "no such host", Effect::none);
    }
    if (!connected_ || deadline <= clock_.now()) {
        co_return failed(request, "http.connect", "could not connect", Effect::none);
    }
    const TimePoint arrival = clock_.now() + latency_ / 2;
    const TimePoint sent = vendors_clock_.now();
    OnTheWay parcel(sandbox_, request, sent, sent + latency_ / 2);
    bool waited = co_await clock_.sleep_until(std::min(arrival, deadline));
    if (!waited) {
        co_return failed(request, "http.cancelled", "cancelled", Effect::unknown);
    }
    if (deadline < arrival) {
        co_return failed(request, "http.timeout", "no answer in time", Effect::unknown);
    }
    Delivery delivery(parcel.arrive(vendors_clock_.now()));
    const TimePoint back = clock_.now() + delivery.delay + (latency_ - latency_ / 2);
    waited = co_await clock_.sleep_until(std::min(back, deadline));
    if (!waited) {
        co_return failed(request, "http.cancelled", "cancelled", Effect::unknown);
    }
    if (deadline < back) {
        co_return failed(request, "http.timeout", "no answer in time", Effect::unknown);
    }
    Result<HttpResponse> answer(received(request, std::move(delivery)));
    co_return answer;
}

} // namespace accessd::sandbox
