#include "tests/sim/plan.hpp"

#include <array>
#include <chrono>
#include <string_view>

namespace accessd::test {

using namespace std::chrono_literals;

namespace {

namespace json = boost::json;

// Switched on per seed one by one, so that some seeds know one kind of fault only.
constexpr std::array<std::string_view, 22> kinds = {
    "throttle_seconds", "throttle_date", "throttle_reset_iso", "throttle_reset_epoch",
    "throttle_beta",    "throttle_bare", "throttle_503",       "error_500",
    "error_502",        "error_503",     "error_504",          "lost_request",
    "lost_reply",       "late_effect",   "repeated",           "slow",
    "malformed",        "truncated",     "html_200",           "unauthorized",
    "hollow",           "empty_page",
};
constexpr unsigned percent_on = 25;

bool answers_alone(std::string_view kind) {
    return kind.starts_with("throttle_") || kind.starts_with("error_") || kind == "unauthorized";
}

class Troublemaker {
public:
    Troublemaker(Plan& plan, Dice& dice, const std::vector<TimePoint>& busy)
        : plan_(plan), dice_(dice), busy_(busy) {}

    void storms() {
        std::vector<std::string_view> on;
        for (const std::string_view kind : kinds) {
            if (dice_.chance(percent_on)) {
                on.push_back(kind);
            }
        }
        const bool blind = dice_.chance(15);
        if (on.empty()) {
            return;
        }
        for (const TimePoint spell : busy_) {
            if (dice_.chance(20)) {
                continue;
            }
            const TimePoint from = spell + dice_.between(-5min, 15min);
            const TimePoint to =
                from + (dice_.chance(80) ? dice_.between(20s, 40min) : dice_.between(1h, 9h));
            json::array rules;
            for (auto count = dice_.between(std::int64_t{1}, 5); count > 0; --count) {
                rules.emplace_back(rule(on));
            }
            if (blind) {
                make_blind(rules);
            }
            plan_.acts.emplace_back(from, "faults", "set", json::object{{"rules", std::move(rules)}});
            plan_.acts.emplace_back(to, "faults", "clear", json::object());
        }
    }

    /// Settings of the vendors that are no faults, yet have tripped others.
    void quirks() {
        json::object jira;
        const auto maybe = [&](std::string_view name, json::value value) {
            if (dice_.chance(percent_on)) {
                jira[name] = std::move(value);
            }
        };
        maybe("index_lag_ms", dice_.between(1s, 4min).count());
        maybe("page_size", dice_.between(std::int64_t{2}, 7));
        maybe("desk_page_size", dice_.between(std::int64_t{1}, 3));
        // With a slow network not even one ticket's history could be read in time.
        maybe("changelog_page_size", plan_.world.latency < 500ms ? dice_.between(std::int64_t{3}, 9) : 200);
        maybe("null_token", true);
        maybe("pages_overlap", true);
        maybe("stale_searches", dice_.between(std::int64_t{2}, 9));
        maybe("changelog_in_seconds", true);
        maybe("comment_properties", false);
        maybe("transition_screens", false);
        plan_.acts.emplace_back(plan_.begin, "jsm", "set", std::move(jira));
        for (const std::string_view tenant : {"entra", "entra-eu"}) {
            json::object directory;
            if (dice_.chance(percent_on)) {
                directory["replication_lag_ms"] = dice_.between(100ms, 20s).count();
            }
            if (dice_.chance(percent_on)) {
                directory["token_lifetime_s"] = dice_.between(std::int64_t{30}, 600);
            }
            plan_.acts.emplace_back(plan_.begin, std::string(tenant), "set", std::move(directory));
            if (dice_.chance(percent_on)) {
                plan_.acts.emplace_back(some_time(), std::string(tenant), "expire_tokens", json::object());
            }
        }
    }

    void crashes() {
        for (auto times = dice_.below(5); times > 0; --times) {
            const TimePoint at = some_time();
            if (dice_.chance(80)) {
                plan_.acts.emplace_back(
                    at, "machine", "crash", json::object{{"steps", dice_.between(std::int64_t{0}, 400)}}
                );
            } else {
                plan_.acts.emplace_back(at, "machine", "stop", json::object());
            }
            const Duration down = dice_.chance(75) ? dice_.between(0s, 5min) : dice_.between(5min, 10h);
            plan_.acts.emplace_back(at + down, "machine", "start", json::object());
        }
    }

    void clock() {
        if (dice_.chance(20)) {
            const Duration by = dice_.between(-3h, 3h);
            plan_.acts.emplace_back(some_time(), "machine", "jump", json::object{{"by_ms", by.count()}});
        }
    }

    void disk() {
        if (dice_.chance(20)) {
            const TimePoint from = some_time();
            plan_.acts.emplace_back(from, "machine", "disk", json::object{{"full", true}});
            plan_.acts.emplace_back(
                from + dice_.between(5s, 3h), "machine", "disk", json::object{{"full", false}}
            );
        }
    }

private:
    TimePoint some_time() {
        const TimePoint spell = dice_.pick(busy_); // a statement of its own: operands have no order
        return spell + dice_.between(0s, 25min);
    }

    json::object rule(const std::vector<std::string_view>& on) {
        const std::string_view kind = dice_.pick(on);
        json::object rule{{"kind", kind}};
        rule["vendor"] = dice_.pick({"jsm", "entra", "entra", "entra-eu"});
        if (plan_.one_sick) {
            rule["vendor"] = "entra-eu";
        }
        rule["probability"] =
            static_cast<double>(dice_.between(std::int64_t{2}, dice_.chance(20) ? 100 : 40)) / 100.0;
        if (kind == "late_effect" || kind == "repeated") {
            rule["delay_ms"] = dice_.between(1s, 10min).count();
        } else if (kind == "slow") {
            rule["delay_ms"] = dice_.between(1s, 50s).count();
        } else if (kind.starts_with("throttle_")) {
            rule["retry_after_s"] = dice_.between(std::int64_t{1}, 300);
        }
        if (answers_alone(kind)) {
            rule["applied"] = dice_.chance(kind.starts_with("error_") ? 40 : 0);
            rule["in_batch"] = rule["vendor"] != "jsm" && dice_.chance(40);
        }
        if (kind == "hollow" || kind == "empty_page") {
            rule["vendor"] = plan_.one_sick ? "entra-eu" : dice_.pick({"entra", "entra-eu"});
            rule["in_batch"] = kind == "hollow" || dice_.chance(70);
            rule["path"] = kind == "hollow" ? "*/members/*" : "*/members";
            rule["method"] = kind == "hollow" ? dice_.pick({"POST", "DELETE"}) : "GET";
        } else if (dice_.chance(30)) {
            rule["method"] = dice_.pick({"GET", "POST", "DELETE"});
        }
        return rule;
    }

    /// Removals are answered and not done, and looks find an empty page that has more behind it: the one must
    /// not be mistaken for the other.
    void make_blind(json::array& rules) const {
        for (const std::string_view tenant : {"entra", "entra-eu"}) {
            if (plan_.one_sick && tenant == "entra") {
                continue;
            }
            json::object rule{{"vendor", tenant}, {"in_batch", true}, {"probability", 0.5}};
            rule["kind"] = "hollow";
            rule["method"] = "DELETE";
            rule["path"] = "*/members/*";
            rules.emplace_back(rule);
            rule["kind"] = "empty_page";
            rule["method"] = "GET";
            rule["path"] = "*/members";
            rules.emplace_back(rule);
        }
    }

    Plan& plan_;
    Dice& dice_;
    const std::vector<TimePoint>& busy_;
};

} // namespace

void plan_trouble(Plan& plan, Dice& dice, const std::vector<TimePoint>& busy) {
    Troublemaker troublemaker(plan, dice, busy);
    troublemaker.storms();
    if (plan.one_sick) {
        return;
    }
    troublemaker.quirks();
    troublemaker.crashes();
    troublemaker.clock();
    troublemaker.disk();
}

} // namespace accessd::test
