#include "tests/hostile_peers/scenario.hpp"

#include "tests/hostile_peers/judge.hpp"

#include <cstdio>
#include <cstdlib>
#include <limits>
#include <stdexcept>

namespace accessd::hostile {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds real_limit = 8s; // of one case; a hang, when it is over
constexpr Duration while_on = 30min;                 // how long a fault may last
constexpr Duration until_settled = 6h;               // retries are a quarter of an hour apart at most
constexpr Duration aftermath = 12min;                // a sweep and some polls: does anything come twice?

/// Runs until the condition holds, and looks after the daemon meanwhile.
bool run(Stage& stage, House& house, const std::function<bool()>& condition, Duration how_long) {
    return stage.clock.run_until(
        [&] {
            house.tend();
            return condition();
        },
        how_long
    );
}

/// Brings the house to where the story begins.
void prepare(Stage& stage, House& house, Story story) {
    house.ticket = std::string(house.jsm("create_request").at("key").as_string());
    if (story == Story::unproven) {
        house.may_grant = false;
        house.jsm(
            "move", {{"issue", house.ticket}, {"to", "Approved by Manager"}, {"by", "jane@acme.example"}}
        );
        return;
    }
    house.jsm("approve", {{"issue", house.ticket}, {"by", "bob@acme.example"}});
    if (story == Story::revoke) {
        house.start();
        if (!run(
                stage, house, [&] { return settled(house, Story::grant); }, 10min
            )) {
            throw std::runtime_error("a grant without any fault did not come through");
        }
        house.jsm("move", {{"issue", house.ticket}, {"to", "Access Revoked"}, {"by", "carol@acme.example"}});
    }
}

void begin(House& house, Story story) {
    if (story != Story::revoke) {
        house.start();
    }
}

} // namespace

std::string_view to_string(Story story) {
    switch (story) {
    case Story::grant:
        return "grant";
    case Story::unproven:
        return "unproven";
    case Story::revoke:
        return "revoke";
    }
    return "";
}

std::vector<std::string> endpoints_of(Stage& stage, Story story) {
    stage.clock.allow(real_limit);
    House house(stage.loop, stage.clock, stage.peer);
    house.patience = 5s; // a slow machine must not make it look up what came of a call
    prepare(stage, house, story);
    const auto before = house.vendors().endpoints();
    begin(house, story);
    const bool came = run(
        stage, house, [&] { return settled(house, story); }, 10min
    );
    std::vector<std::string> used;
    for (const auto& [endpoint, count] : house.vendors().endpoints()) {
        const auto earlier = before.find(endpoint);
        if (earlier == before.end() || earlier->second < count) {
            used.push_back(endpoint);
        }
    }
    run(
        stage, house, [] { return false; }, aftermath
    );
    const Verdict verdict = judge(stage, house, story, Hope::passes);
    if (!came || !verdict.violations.empty() || !house.stop()) {
        for (const std::string& line : house.lines()) {
            std::fprintf(stderr, "%s\n", line.c_str());
        }
        throw std::runtime_error(
            verdict.violations.empty() ? "a story without any fault did not end" : verdict.violations.front()
        );
    }
    return used;
}

Verdict play_case(Stage& stage, Story story, const Fault& fault, const std::string& endpoint) {
    stage.clock.allow(real_limit);
    House house(stage.loop, stage.clock, stage.peer);
    Fault own = fault;
    if (own.hope == Hope::passes) {
        own.times = std::numeric_limits<std::uint64_t>::max();
    }
    prepare(stage, house, story);
    stage.peer.put_on(own, endpoint);
    begin(house, story);
    bool came = run(
        stage,
        house,
        [&] { return !stage.peer.is_on() || settled(house, story); },
        own.hope == Hope::passes ? until_settled : while_on
    );
    came = came && settled(house, story);
    const std::uint64_t strikes = stage.peer.strikes();
    if (own.hope != Hope::passes) {
        stage.peer.heal();
        came = run(
            stage, house, [&] { return settled(house, story); }, until_settled
        );
    }
    run(
        stage, house, [] { return false; }, aftermath
    );
    stage.peer.heal();
    Verdict verdict = judge(stage, house, story, own.hope, endpoint);
    verdict.strikes = strikes;
    if (stage.clock.is_used_up()) {
        verdict.violations.emplace_back("it hangs, or takes more real time than it may");
    } else if (!came) {
        verdict.violations.emplace_back("it did not come to an end");
    }
    stage.clock.allow(real_limit);
    if (!house.stop()) {
        std::fprintf(
            stderr,
            "hostile peers: %s at %s: the daemon does not stop\n",
            fault.name.c_str(),
            endpoint.c_str()
        );
        std::_Exit(3);
    }
    verdict.lines = house.lines();
    return verdict;
}

} // namespace accessd::hostile
