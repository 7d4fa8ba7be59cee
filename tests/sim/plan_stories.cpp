#include "tests/sim/plan.hpp"

#include <chrono>
#include <string_view>
#include <utility>

namespace accessd::test {

using namespace std::chrono_literals;

namespace {

namespace json = boost::json;

/// What becomes of one ticket after another.
class Storyteller {
public:
    /// `extra` is for what came later: the seeds that found something keep their stories.
    Storyteller(Plan& plan, Dice& dice, Dice extra, const std::vector<TimePoint>& busy)
        : plan_(plan), dice_(dice), extra_(extra), busy_(busy), people_(simulated_people()),
          changes_(extra_.chance(50)) {}

    void tell(std::size_t ticket) {
        ticket_ = ticket;
        at_ = dice_.pick(busy_);
        at_ += dice_.between(0s, 15min);
        person_ = dice_.pick(people_);
        const auto drawn = dice_.below(100);
        if (drawn < 52) {
            raise(changes_ && extra_.chance(20) ? change() : json::object());
            approve();
            go_on();
        } else if (drawn < 58) {
            raise({{"request_type", "26"}}); // a removal, of what somebody may have or not
            approve();
            if (dice_.chance(25)) {
                wait();
                approve_again();
            }
        } else if (drawn < 66) {
            raise({});
            wait();
            act("decline", {{"by", asked_}});
        } else if (drawn < 88) {
            cheat();
        } else {
            oddity();
        }
        if (dice_.chance(25)) {
            disturb();
        }
    }

private:
    void act(std::string_view verb, json::object with, std::optional<Duration> after = std::nullopt) {
        Act one(at_ + after.value_or(0s), "jsm", std::string(verb), std::move(with));
        one.ticket = ticket_;
        plan_.acts.push_back(std::move(one));
    }

    /// Seconds to minutes, rarely days: most of what matters happens close together.
    void wait() {
        const auto drawn = dice_.below(100);
        if (drawn < 40) {
            at_ += dice_.between(100ms, 40s);
        } else if (drawn < 85) {
            at_ += dice_.between(40s, 10min);
        } else {
            at_ += dice_.between(Duration(1h), Duration(24h * 6));
        }
    }

    void raise(json::object more) {
        static constexpr std::string_view wishes[][2] = {
            {"Entra ID", "User"}, {"Entra ID", "User"}, {"Entra ID", "Admin"}, {"Entra EU", "User"}};
        const auto& wish = wishes[dice_.below(std::size(wishes))];
        asked_ = dice_.pick({"bob@acme.example", "carol@acme.example"});
        json::object with{
            {"reporter", person_},
            {"application", wish[0]},
            {"access_type", wish[1]},
            {"approvers", json::array{asked_}}};
        if (dice_.chance(35)) {
            with["duration"] = dice_.pick({"2 hours", "1 day", "3 days", "7 days"});
        }
        for (auto& [name, value] : more) {
            with[name] = value;
        }
        act("create_request", std::move(with));
    }

    /// What makes a change of a request; sometimes of nothing, sometimes without saying from what.
    json::object change() {
        json::object more{{"request_type", "27"}};
        if (extra_.chance(75)) {
            more["current_access"] = extra_.pick({"User", "Admin"});
        }
        return more;
    }

    void approve() {
        wait();
        act("approve", {{"by", asked_}});
    }

    void revoke() {
        act("move",
            {{"to", dice_.pick({"Access Revoked", "Declined by User", "Rejected"})}, {"by", person_}});
    }

    void approve_again() {
        act("move", {{"to", "Waiting for approval"}});
        asked_ = dice_.pick({"bob@acme.example", "carol@acme.example"});
        act("ask", {{"approvers", json::array{asked_}}}, 1ms);
        wait();
        act("approve", {{"by", asked_}});
    }

    /// What follows an honest approval.
    void go_on() {
        const auto drawn = dice_.below(100);
        if (drawn < 30) {
            return;
        }
        wait();
        if (drawn < 65) {
            revoke();
        } else if (drawn < 75) {
            // Flapping: often faster than anybody polls.
            for (auto times = dice_.between(std::int64_t{1}, 3); times > 0; --times) {
                revoke();
                at_ += dice_.between(50ms, 20s);
                approve_again();
                at_ += dice_.between(50ms, 20s);
            }
            if (dice_.chance(50)) {
                revoke();
            }
        } else if (drawn < 85) {
            act("edit_field",
                {{"field", "Access Type"}, {"value", dice_.pick({"User", "Admin"})}, {"by", person_}});
            if (dice_.chance(40)) {
                wait();
                approve_again();
            }
        } else {
            revoke();
            wait();
            approve_again();
            if (dice_.chance(40)) {
                wait();
                revoke();
            }
        }
    }

    /// Everybody who wants access without a proper approval.
    void cheat() {
        const auto drawn = dice_.below(7);
        if (drawn == 0) { // approves for herself, as an allowed approver
            person_ = dice_.pick({"bob@acme.example", "carol@acme.example"});
            raise({{"approvers", json::array{person_}}});
            wait();
            act("approve", {{"by", person_}});
        } else if (drawn == 1) { // an agent moves it
            raise({});
            wait();
            act("move", {{"to", "Approved by Manager"}, {"by", "dave@acme.example"}});
        } else if (drawn == 2) { // somebody approves who may not
            raise({{"approvers", json::array{"dave@acme.example"}}});
            wait();
            act("approve", {{"by", "dave@acme.example"}});
        } else if (drawn == 3) { // edited between approval and status
            raise({});
            wait();
            act("approve", {{"by", asked_}, {"move", false}});
            edit();
            at_ += dice_.between(1s, 60s);
            act("move", {{"to", "Approved by Manager"}});
        } else if (drawn == 4) { // edited right after the approval
            raise({});
            approve();
            edit();
        } else if (drawn == 5) { // made in its approved status
            raise({{"status", "Approved by Manager"}});
        } else { // declined, then moved
            raise({});
            wait();
            act("decline", {{"by", asked_}});
            wait();
            act("move", {{"to", "Approved by Manager"}, {"by", person_}});
        }
        if (dice_.chance(25)) {
            wait();
            approve_again();
        }
    }

    void edit() {
        at_ += dice_.between(20ms, 8s);
        const auto drawn = dice_.below(4);
        if (drawn == 0) {
            act("edit_field", {{"field", "Access Type"}, {"value", "Admin"}, {"by", person_}});
        } else if (drawn == 1) {
            act("edit_field", {{"field", "Application"}, {"value", "Entra EU"}, {"by", person_}});
        } else if (drawn == 2) {
            act("edit_field", {{"field", "Reporter"}, {"value", dice_.pick(people_)}, {"by", person_}});
        } else {
            act("edit_field", {{"field", "Access Duration"}, {"value", "7 days"}, {"by", person_}});
        }
    }

    void oddity() {
        const auto drawn = dice_.below(6);
        if (drawn == 0) {
            raise({{"application", "No Such System"}});
        } else if (drawn == 1) {
            raise({{"duration", "as long as I like"}});
        } else if (drawn == 2) {
            raise({{"request_type", "27"}});
        } else if (drawn == 3) {
            raise({{"reporter", "cleo@customer.example"}});
        } else if (drawn == 4) {
            raise({{"reporter", "hilda@acme.example"}});
        } else {
            raise({{"needed", 2}, {"approvers", json::array{"bob@acme.example", "carol@acme.example"}}});
            wait();
            act("approve", {{"by", "bob@acme.example"}});
            wait();
            act("approve", {{"by", "carol@acme.example"}});
            return;
        }
        approve();
    }

    /// Things that happen to any ticket.
    void disturb() {
        wait();
        const auto drawn = dice_.below(8);
        if (drawn < 2) {
            act("comment", {{"text", "Any news? accessd:10001/created/granted"}, {"by", person_}});
        } else if (drawn < 4) {
            act("edit_field", {{"field", "Summary"}, {"value", "Urgent"}, {"by", person_}});
        } else if (drawn == 4) {
            act("move_project", {{"to", "HR"}});
        } else if (drawn == 5) {
            act("delete_issue", {});
        } else {
            act("conflict", {{"times", dice_.between(std::int64_t{1}, 3)}});
        }
    }

    Plan& plan_;
    Dice& dice_;
    Dice extra_;
    const std::vector<TimePoint>& busy_;
    std::vector<std::string> people_;
    bool changes_;
    std::size_t ticket_ = 0;
    TimePoint at_{};
    std::string person_;
    std::string asked_;
};

/// What admins do in the directories and with the approvers.
void administer(Plan& plan, Dice& dice, const std::vector<TimePoint>& busy) {
    const auto people = simulated_people();
    const auto some_time = [&] {
        const TimePoint spell = dice.pick(busy); // a statement of its own: operands have no order
        return spell + dice.between(0s, 40min);
    };
    const auto directory = [&] { return std::string(dice.pick({"entra", "entra-eu"})); };
    const auto group = [&] { return dice.pick({"jira-software-users", "confluence-users"}); };
    for (auto times = dice.between(std::int64_t{0}, 3); times > 0; --times) {
        // One draw a statement: compilers evaluate arguments in different orders.
        const bool add = dice.chance(70);
        const TimePoint at = some_time();
        const std::string whom = directory();
        json::object member{{"group", group()}};
        member["user"] = dice.pick(people);
        plan.acts.emplace_back(at, whom, add ? "add_member" : "remove_member", std::move(member));
    }
    if (dice.chance(15)) {
        const TimePoint at = some_time();
        const std::string whom = directory();
        const std::string& person = dice.pick(people);
        plan.acts.emplace_back(at, whom, "delete_user", json::object{{"user", person}});
        plan.acts.emplace_back(
            at + dice.between(1s, 30min), whom, "add_user", json::object{{"mail", person}}
        );
    }
    if (dice.chance(8)) {
        const TimePoint at = some_time();
        const std::string whom = directory();
        const std::string name(group());
        plan.acts.emplace_back(at, whom, "delete_group", json::object{{"group", name}});
        plan.acts.emplace_back(at + dice.between(1s, 30min), whom, "add_group", json::object{{"name", name}});
    }
    if (dice.chance(15)) {
        const TimePoint at = some_time();
        const bool leaves = dice.chance(50);
        const std::string_view carol = "carol@acme.example";
        const json::object group_member{{"group", "entra-approvers"}, {"user", carol}};
        plan.acts.emplace_back(
            at,
            "jsm",
            leaves ? "remove_group_member" : "set_user",
            leaves ? group_member : json::object{{"user", carol}, {"active", false}}
        );
        plan.acts.emplace_back(
            at + dice.between(Duration(1h), Duration(24h * 7)),
            "jsm",
            leaves ? "add_group_member" : "set_user",
            leaves ? group_member : json::object{{"user", carol}, {"active", true}}
        );
    }
}

} // namespace

void plan_stories(Plan& plan, Dice& dice, Dice extra, const std::vector<TimePoint>& busy) {
    Storyteller storyteller(plan, dice, extra, busy);
    for (std::size_t ticket = 0; ticket < plan.tickets; ++ticket) {
        storyteller.tell(ticket);
    }
    administer(plan, dice, busy);
}

} // namespace accessd::test
