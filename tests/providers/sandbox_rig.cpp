#include "tests/providers/sandbox_rig.hpp"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <utility>

namespace accessd::test {

namespace {

using sandbox::FaultKind;

FaultKind fault_of(Trouble trouble) {
    switch (trouble) {
    case Trouble::throttled_seconds:
        return FaultKind::throttle_seconds;
    case Trouble::throttled_date:
        return FaultKind::throttle_date;
    case Trouble::throttled_bare:
        return FaultKind::throttle_bare;
    case Trouble::unavailable:
        return FaultKind::error_503;
    case Trouble::failed:
        return FaultKind::error_500;
    case Trouble::reply_lost:
        return FaultKind::lost_reply;
    case Trouble::request_lost:
        return FaultKind::lost_request;
    case Trouble::token_expired:
    case Trouble::token_refused:
        return FaultKind::unauthorized;
    case Trouble::malformed:
        return FaultKind::malformed;
    case Trouble::html:
        return FaultKind::html_200;
    case Trouble::oversized:
        return FaultKind::oversized;
    case Trouble::late:
        return FaultKind::slow;
    }
    return FaultKind::error_500;
}

} // namespace

SandboxRig::SandboxRig(std::string vendor, std::string api, std::string token_endpoint)
    : sandbox_(world_), transport_(sandbox_, world_), vendor_(std::move(vendor)), api_(std::move(api)),
      token_endpoint_(std::move(token_endpoint)) {}

void SandboxRig::build(ProviderSettings settings) {
    const ProviderSpec* spec = find_provider(vendor_);
    REQUIRE(spec != nullptr);
    for (const SettingSpec& known : spec->settings) {
        if (!known.standard.empty() && !settings.texts.contains(known.name)) {
            settings.texts.emplace(known.name, known.standard);
        }
    }
    auto made = spec->make(settings, ProviderParts(transport_, world_, world_));
    INFO("error: ", made ? std::string() : made.error().message());
    REQUIRE(made.has_value());
    provider_ = *std::move(made);
}

void SandboxRig::befall(Trouble trouble) {
    sandbox::FaultRule rule(fault_of(trouble), "", api_);
    rule.vendor = vendor_;
    rule.times = trouble == Trouble::token_refused ? std::nullopt : std::optional<std::uint64_t>(1);
    rule.delay = std::chrono::minutes(1); // beyond soon()
    sandbox_.faults().add(std::move(rule));
}

void SandboxRig::fail(
    sandbox::FaultKind kind, std::string_view method, std::string_view path, std::uint64_t times
) {
    sandbox::FaultRule rule(kind, std::string(method), std::string(path));
    rule.vendor = vendor_;
    rule.times = times;
    sandbox_.faults().add(std::move(rule));
}

std::size_t SandboxRig::token_fetches() const {
    return sandbox_.calls_to(token_endpoint_);
}

std::size_t SandboxRig::api_calls() const {
    return sandbox_.calls(vendor_) - token_fetches();
}

boost::json::value SandboxRig::control(std::string_view verb, const boost::json::value& arguments) {
    boost::json::value answer = sandbox_.control(vendor_, verb, arguments, world_.now());
    INFO(verb, " ", boost::json::serialize(arguments), " -> ", boost::json::serialize(answer));
    const bool refused = answer.is_object() && answer.get_object().contains("error");
    REQUIRE_FALSE(refused);
    return answer;
}

} // namespace accessd::test
