#pragma once

#include "core/http/http.hpp"
#include "core/support/clock.hpp"
#include "tests/sandbox/sandbox.hpp"

namespace accessd::sandbox {

/// The sandbox without sockets: same vendors, same faults, on the clock it is given. A request is on its way
/// for half the latency and arrives even when its sender was cancelled or destroyed meanwhile.
///
/// Errors are those of a real transport: "http.resolve" (effect none) for an origin that is nobody's,
/// "http.closed" for lost requests, lost replies and bodies cut short, "http.timeout" at the deadline,
/// "http.too_large" beyond 8 MiB, "http.cancelled"; all but the first with effect unknown.
class SandboxTransport final : public HttpTransport {
public:
    /// `clock` is the daemon's, `vendors_clock` the one by which requests arrive. All outlive every coroutine
    /// that was started here.
    SandboxTransport(Sandbox& sandbox, Clock& clock, const Clock& vendors_clock)
        : sandbox_(sandbox), clock_(clock), vendors_clock_(vendors_clock) {}

    SandboxTransport(Sandbox& sandbox, Clock& clock) : SandboxTransport(sandbox, clock, clock) {}

    Task<Result<HttpResponse>> send(const HttpRequest& request, TimePoint deadline) override;

    /// There and back; half of it each way.
    void set_latency(Duration latency) { latency_ = latency; }

    /// While false, every call fails as "http.connect" with effect none.
    void set_connected(bool connected) { connected_ = connected; }

private:
    Sandbox& sandbox_;
    Clock& clock_;
    const Clock& vendors_clock_;
    Duration latency_{0};
    bool connected_ = true;
};

} // namespace accessd::sandbox
