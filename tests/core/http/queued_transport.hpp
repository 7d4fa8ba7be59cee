#pragma once

#include "core/http/http.hpp"
#include "core/http/token_source.hpp"
#include "tests/support/sim_world.hpp"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace accessd::test {

/// Gives the answers that the test queued, in order, each after `delay`; "http.closed" when there is none.
class QueuedTransport final : public HttpTransport {
public:
    explicit QueuedTransport(Clock& world) : clock(world) {}

    HttpResponse& answer(int status, std::string body = "") {
        HttpResponse response(status);
        response.headers.add("Content-Type", "application/json");
        response.body = std::move(body);
        answers.emplace_back(std::move(response));
        return *answers.back();
    }

    Task<Result<HttpResponse>> send(const HttpRequest& request, TimePoint deadline) override {
        requests.push_back(request);
        deadlines.push_back(deadline);
        ++under_way;
        most_under_way = std::max(most_under_way, under_way);
        Result<HttpResponse> outcome(Error(Fault::transient, "http.closed", "no answer is left"));
        if (!answers.empty()) {
            outcome = std::move(answers.front());
            answers.pop_front();
        }
        co_await clock.sleep_until(clock.now() + delay);
        --under_way;
        co_return outcome;
    }

    Clock& clock;
    Duration delay{};
    std::deque<Result<HttpResponse>> answers;
    std::vector<HttpRequest> requests;
    std::vector<TimePoint> deadlines;
    int under_way = 0;
    int most_under_way = 0;
};

/// Gives "Bearer 1", and "Bearer 2" once that was refused, when it may.
class CountedTokens final : public TokenSource {
public:
    Task<Result<std::string>> authorization(TimePoint) override {
        ++asked;
        co_return "Bearer " + std::to_string(number);
    }

    bool reject(const std::string& authorization) override {
        rejected.push_back(authorization);
        number += renewable ? 1 : 0;
        return renewable;
    }

    bool renewable = true;
    int number = 1;
    int asked = 0;
    std::vector<std::string> rejected;
};

} // namespace accessd::test
