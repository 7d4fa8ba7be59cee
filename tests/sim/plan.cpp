#include "tests/sim/plan.hpp"

#include <algorithm>
#include <chrono>

namespace accessd::test {

using namespace std::chrono_literals;

namespace {

constexpr Duration day = 24h;
constexpr int busy_spells = 4;

} // namespace

std::vector<std::string> simulated_people() {
    std::vector<std::string> people;
    for (const char digit : {'1', '2', '3', '4', '5', '6', '7', '8'}) {
        people.push_back(std::string("p") + digit + "@acme.example");
    }
    return people;
}

Plan make_plan(std::uint64_t seed) {
    Dice dice(seed);
    Plan plan;
    plan.begin = std::chrono::sys_days(std::chrono::January / 1 / 2026);
    plan.healed = plan.begin + 27 * day;
    plan.end = plan.begin + 30 * day;
    plan.tickets = 50;
    plan.calm = dice.chance(20);
    plan.one_sick = !plan.calm && dice.chance(15);
    plan.quiet_poll = dice.between(14h, 26h);
    plan.world.two_tenants = true;
    plan.world.latency = dice.between(2ms, dice.chance(30) ? 4000ms : 200ms);
    std::vector<TimePoint> busy;
    for (int spell = 0; spell < busy_spells; ++spell) {
        busy.push_back(plan.begin + dice.between(Duration(1h), 25 * day));
    }
    std::sort(busy.begin(), busy.end());
    const Duration busy_poll = dice.between(15s, 3min);
    for (const TimePoint at : busy) {
        plan.acts.emplace_back(at, "machine", "poll", boost::json::object{{"every_ms", busy_poll.count()}});
        const Duration lasts = dice.between(Duration(busy_poll * 6), Duration(busy_poll * 14));
        plan.acts.emplace_back(
            at + lasts, "machine", "poll", boost::json::object{{"every_ms", plan.quiet_poll.count()}}
        );
    }
    plan_stories(plan, dice, Dice(~seed), busy);
    if (!plan.calm) {
        plan_trouble(plan, dice, busy);
    }
    std::erase_if(plan.acts, [&](const Act& act) { return act.at >= plan.healed; });
    std::stable_sort(plan.acts.begin(), plan.acts.end(), [](const Act& left, const Act& right) {
        return left.at < right.at;
    });
    return plan;
}

} // namespace accessd::test
