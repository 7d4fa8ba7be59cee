#pragma once

#include "core/http/http.hpp"
#include "core/model/time.hpp"
#include "core/support/random.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace accessd::sandbox {

/// What can go wrong with one call. The names in JSON are those of the enumerators.
enum class FaultKind : std::uint8_t {
    throttle_seconds,     ///< 429, Retry-After: seconds
    throttle_date,        ///< 429, Retry-After: an HTTP-date
    throttle_reset_iso,   ///< 429, X-RateLimit-Reset: ISO 8601 (Atlassian)
    throttle_reset_epoch, ///< 429, X-RateLimit-Reset: epoch seconds (GitHub, Okta)
    throttle_beta,        ///< 429, Beta-Retry-After: seconds (Atlassian)
    throttle_bare,        ///< 429 without any hint
    throttle_503,         ///< 503, Retry-After: seconds
    error_500,
    error_502,
    error_503,
    error_504,
    lost_request, ///< the connection ends before the vendor saw the request
    lost_reply,   ///< the vendor acts, then the connection ends
    late_effect,  ///< the connection ends, the vendor acts `delay_ms` later
    repeated,     ///< the vendor acts and answers, and acts once more `delay_ms` later
    hollow,       ///< 204, and nothing is done
    empty_page,   ///< 200 with an empty page of a list that has more (Microsoft Graph)
    slow,         ///< the answer comes `delay_ms` later; other rules go on to apply
    malformed,    ///< a body that is cut off in the middle of its JSON, correctly framed
    truncated,    ///< the connection ends in the middle of the body
    html_200,     ///< 200 with a proxy's HTML page
    oversized,    ///< 200 with a JSON body of 9 MiB
    unauthorized, ///< 401 in the vendor's own shape, as for an expired token
    redirect,     ///< 302 to another host
};

std::string_view to_string(FaultKind kind);
std::optional<FaultKind> parse_fault_kind(std::string_view name);

/// Which calls fail, and how.
class FaultRule {
public:
    FaultRule() = default;
    FaultRule(FaultKind what, std::string http_method, std::string path_glob);

    /// {"vendor"?, "method"?, "path"?, "kind", "times"?, "after"?, "probability"?, "delay_ms"?,
    /// "retry_after_s"?, "applied"?, "in_batch"?}; unknown members are refused. On failure the text says what
    /// is wrong.
    static std::optional<FaultRule> parse(const boost::json::value& document, std::string& problem);

    boost::json::object to_json() const;

    std::string vendor;     ///< "" is any
    std::string method;     ///< "" is any
    std::string path = "*"; ///< the decoded path without its query; "*" stands for anything, "/" too
    FaultKind kind = FaultKind::error_500;
    std::optional<std::uint64_t> times; ///< how often it strikes; without it, for ever
    std::uint64_t after = 0;            ///< how many matching calls pass first
    double probability = 1.0;           ///< of striking, per matching call
    Duration delay{5000};               ///< for late_effect, repeated and slow
    std::int64_t retry_after_s = 5;     ///< for throttle_*
    /// Whether the vendor acts before the fault falsifies its answer. Without it as the kind suggests: true
    /// for lost_reply, malformed, truncated, html_200, oversized; false for the others.
    std::optional<bool> applied;
    /// The rule's method and path are those of one request inside a Graph $batch ("/v1.0" goes before its
    /// url); it alone gets the answer. For kinds that answer without the vendor.
    bool in_batch = false;

    bool reaches_vendor() const;

    std::uint64_t seen = 0;    ///< matching calls so far
    std::uint64_t strikes = 0; ///< of them, how many failed
};

/// The rules in order; the first that strikes decides.
class FaultPlan {
public:
    /// `random` decides about probabilities only.
    explicit FaultPlan(Random& random) : random_(random) {}

    void add(FaultRule rule);

    void clear() { rules_.clear(); }

    const std::vector<FaultRule>& rules() const { return rules_; }

    std::uint64_t strikes() const { return strikes_; }

    /// The fault that strikes this call, counted; `slowness` grows by the delays of `slow` rules.
    const FaultRule* strike(
        std::string_view vendor,
        std::string_view method,
        std::string_view path,
        bool in_batch,
        Duration& slowness
    );

    /// Whether any rule looks inside batches, so that taking them apart is worth it.
    bool looks_into_batches() const;

    /// "add" with one rule, "set" with {"rules":[...]}, "clear", "list".
    boost::json::value control(std::string_view verb, const boost::json::value& arguments);

private:
    Random& random_;
    std::vector<FaultRule> rules_;
    std::uint64_t strikes_ = 0;
};

/// The answer of a fault that answers without the vendor: throttling, 5xx, 401, redirect. Bodies have the
/// vendor's own shape.
HttpResponse fault_answer(const FaultRule& rule, std::string_view vendor, TimePoint now);

/// "*" stands for any run of characters.
bool matches_glob(std::string_view glob, std::string_view text);

} // namespace accessd::sandbox
