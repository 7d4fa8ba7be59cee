#pragma once

#include "tests/sandbox/faults.hpp"
#include "tests/sandbox/vendor.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace accessd::sandbox {

/// What the network brings back for one request.
class Delivery {
public:
    Delivery() = default;

    enum class Kind : std::uint8_t {
        answered,
        closed,    ///< the connection ends without a byte of an answer
        truncated, ///< `response` is announced in full, half of its body comes, then the connection ends
    };

    Kind kind = Kind::answered;
    HttpResponse response;
    Duration delay{0}; ///< on top of what the network takes
};

/// One request as it arrived, for tests that look at what was said.
class Exchange {
public:
    TimePoint at;
    std::string vendor; ///< "" when the URL belongs to none
    HttpRequest request;
    int status = 0;         ///< 0 when no answer came
    std::string_view fault; ///< the kind of the fault that struck, or ""
};

/// The vendors behind their addresses, with the faults that lie between them and us. The one thing that the
/// in-process transport and accessd-sandbox both serve. Everything happens at the time that the caller names;
/// times must not run backwards.
class Sandbox {
public:
    explicit Sandbox(Random& random) : faults_(random) {}

    /// `origins` as in "https://jira.test", lower case. One model may have several.
    VendorModel& add(std::unique_ptr<VendorModel> model, const std::vector<std::string>& origins);

    FaultPlan& faults() { return faults_; }

    /// The model, or null.
    VendorModel* find(std::string_view name);

    bool knows_origin(std::string_view origin) const { return origins_.contains(origin); }

    /// A request arrives. 421 when its origin belongs to no model.
    Delivery deliver(const HttpRequest& request, TimePoint now);

    /// A request whose sender is gone will arrive all the same.
    void deliver_later(HttpRequest request, TimePoint sent, TimePoint when);

    /// Called for every request that arrived, with what was answered: a status, or 0 when no answer came. One
    /// whose sender is not waiting any more has the fault "late".
    std::function<void(const HttpRequest& request, int status, std::string_view fault)> on_exchange;

    /// When the request that a model is carrying out was sent; for what observes the models.
    TimePoint sent_at() const { return sent_at_; }

    /// Lets everything happen that is due until `now`. Called by deliver() and control().
    void settle(TimePoint now);

    /// A model's control verb; or one of the vendor "faults" (see FaultPlan::control) or "sandbox": "stats",
    /// "reset_stats".
    boost::json::value control(
        std::string_view vendor, std::string_view verb, const boost::json::value& arguments, TimePoint now
    );

    /// Requests that arrived, by vendor ("" is all) and by endpoint: "GET /v1.0/groups/*/members", where ids,
    /// keys and addresses are "*".
    std::uint64_t calls(std::string_view vendor = "") const;
    std::uint64_t calls_to(std::string_view endpoint) const;

    const std::map<std::string, std::uint64_t, std::less<>>& endpoints() const { return by_endpoint_; }

    /// The latest requests, oldest first.
    const std::deque<Exchange>& log() const { return log_; }

    /// How many are kept; 0 keeps none (and saves the copies).
    void keep_log(std::size_t count);

private:
    class Late {
    public:
        Late(HttpRequest late_request, VendorModel* to, TimePoint when_sent, bool was_counted)
            : request(std::move(late_request)), model(to), sent(when_sent), counted(was_counted) {}

        HttpRequest request;
        VendorModel* model;
        TimePoint sent;
        bool counted;
    };

    Delivery apply(VendorModel& model, const HttpRequest& request, TimePoint now, std::string_view& struck);
    HttpResponse handle(VendorModel& model, const HttpRequest& request, TimePoint now);
    void record(std::string_view vendor, const HttpRequest& request, TimePoint now);
    boost::json::value own_control(std::string_view verb);

    FaultPlan faults_;
    std::vector<std::unique_ptr<VendorModel>> models_;
    std::map<std::string, VendorModel*, std::less<>> origins_;
    std::multimap<TimePoint, Late> late_;
    std::map<std::string, std::uint64_t, std::less<>> by_vendor_;
    std::map<std::string, std::uint64_t, std::less<>> by_endpoint_;
    std::deque<Exchange> log_;
    std::size_t log_limit_ = 10000;
    std::uint64_t calls_ = 0;
    TimePoint sent_at_{};
};

/// "GET" and an encoded path -> "GET /v1.0/groups/*/members".
std::string endpoint_of(std::string_view method, std::string_view path);

} // namespace accessd::sandbox
