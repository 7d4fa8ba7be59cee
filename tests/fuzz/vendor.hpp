#pragma once

#include "core/http/http.hpp"
#include "core/http/rest_client.hpp"
#include "core/http/token_source.hpp"
#include "tests/core/http/outcome.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/sim_world.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace accessd::fuzz {

/// A vendor that answers what the input says: answers are separated by a line of four dashes, each is a line
/// with the status and perhaps headers ("200|Retry-After: 5"), then the body. Without an answer left the
/// connection closes.
class Vendor final : public HttpTransport, public TokenSource {
public:
    explicit Vendor(std::string origin) : origin_(std::move(origin)) {}

    void play(std::string_view script) {
        script_ = script;
        requests.clear();
    }

    RestClient client(std::string system, std::string base_url) {
        RestProfile profile;
        profile.system = std::move(system);
        profile.base_url = std::move(base_url);
        return RestClient(std::move(profile), *this, *this, world, world);
    }

    Task<Result<HttpResponse>> send(const HttpRequest& request, TimePoint) override {
        requests.push_back(request);
        must(request.url.starts_with(origin_), "a request goes to the vendor", request.url);
        must(requests.size() < 2000, "a call ends", request.url);
        if (script_.empty()) {
            co_return Error(Fault::transient, "http.closed", "no answer is left");
        }
        co_return next_answer();
    }

    Task<Result<std::string>> authorization(TimePoint) override { co_return std::string("Basic dGVzdA=="); }

    bool reject(const std::string&) override { return false; }

    TimePoint deadline() const { return world.now() + std::chrono::minutes(2); }

    /// Runs a call to its end; what it fails with must be sound.
    template <class T> Result<T> finish(Task<Result<T>> task) {
        Result<T> result = test::outcome_of(world, std::move(task));
        if (!result) {
            must_be_sound(result.error());
        }
        return result;
    }

    test::SimWorld world;
    std::vector<HttpRequest> requests;
    std::string last_body; ///< of the newest answer

private:
    HttpResponse next_answer() {
        constexpr std::string_view separator = "\n----\n";
        const std::size_t end = std::min(script_.find(separator), script_.size());
        std::string_view answer = script_.substr(0, end);
        script_.remove_prefix(std::min(end + separator.size(), script_.size()));
        std::string_view head = cut(answer, '\n');
        HttpResponse response(static_cast<int>(parse_integer(cut(head, '|')).value_or(200) % 600));
        response.headers.add("Content-Type", "application/json");
        while (!head.empty()) {
            std::string_view field = cut(head, '|');
            std::string name(cut(field, ':'));
            response.headers.add(std::move(name), std::string(trim(field)));
        }
        response.body = std::string(answer);
        last_body = response.body;
        return response;
    }

    std::string origin_;
    std::string_view script_;
};

} // namespace accessd::fuzz
