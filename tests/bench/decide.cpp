#include "tests/core/policy/sample.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <variant>
#include <vector>

// How long decide() takes for one ticket among a thousand rules. JSON on stdout, for bench.py.
using namespace accessd;
using namespace accessd::policy_test;
using namespace std::chrono_literals;

namespace {

constexpr int rules = 1000;
constexpr int denies = 100;
constexpr int rounds = 200;

std::string application(int rule) {
    return "Application " + std::to_string(rule % 10);
}

std::string access_type(int rule) {
    return "Access type " + std::to_string(rule / 10);
}

Policy large_policy(EvidenceSource evidence) {
    Policy made = policy();
    made.portal.evidence = evidence;
    std::vector<AccessRule> all;
    for (int i = 0; i < rules; ++i) {
        AccessRule one = rule();
        one.application = application(i);
        one.access_type = access_type(i);
        one.approvers.users = {"id-dora", "id-carol", "id-bob"};
        one.approvers.groups = {"approvers-" + std::to_string(i)};
        one.requesters.emplace().groups = {"staff"};
        one.require_reason = true;
        one.max_duration = 48h;
        all.push_back(std::move(one));
    }
    made.rules = std::move(all);
    for (int i = 0; i < denies; ++i) {
        DenyRule one;
        one.application = application(i);
        one.people.users = {"id-mallory"};
        one.people.groups = {"leavers", "contractors-" + std::to_string(i)};
        made.denies.push_back(std::move(one));
    }
    return made;
}

/// Ten changes of which the last approves, and the approval of two steps.
Ticket busy_ticket(int rule) {
    Ticket made = ticket();
    made.application = application(rule);
    made.access_type = access_type(rule);
    made.reason = "on call";
    made.duration = "1 day";
    for (int i = 0; i < 8; ++i) {
        made.changes.insert(
            made.changes.begin(), change(std::to_string(400 - i), at(30s - i * 1s), "cf_type", "x")
        );
    }
    Approval second = approval("32", at(2min), at(8min));
    second.name = "Security";
    made.approvals.push_back(second);
    return made;
}

/// What this process has used of the processor: other work on the machine does not count.
std::chrono::duration<double, std::micro> processor_time() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

double median_microseconds(const Policy& policy) {
    ApproverFacts facts;
    facts.groups["id-jane"] = {"staff", "everybody", "engineering"};
    std::vector<Ticket> tickets;
    for (int i = 0; i < rules; ++i) {
        tickets.push_back(busy_ticket(i));
    }
    std::vector<double> took;
    for (int round = 0; round < rounds; ++round) {
        int approved = 0;
        const auto start = processor_time();
        for (const Ticket& one : tickets) {
            approved += std::holds_alternative<Approve>(decide(one, policy, facts, nullptr)) ? 1 : 0;
        }
        const std::chrono::duration<double, std::micro> whole = processor_time() - start;
        if (approved != rules) {
            std::fputs("the tickets of the benchmark are not approved\n", stderr);
            std::exit(EXIT_FAILURE);
        }
        took.push_back(whole.count() / rules);
    }
    std::sort(took.begin(), took.end());
    return took[took.size() / 2];
}

} // namespace

int main() {
    std::printf(
        "{\"rules\": %d, \"denies\": %d, \"us_per_approval\": %.2f, \"us_per_transition\": %.2f}\n",
        rules,
        denies,
        median_microseconds(large_policy(EvidenceSource::approval)),
        median_microseconds(large_policy(EvidenceSource::transition))
    );
}
