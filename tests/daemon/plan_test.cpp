#include "daemon/explain/plan.hpp"
#include "tests/core/engine/engine_rig.hpp"
#include "tests/daemon/config_fixture.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace accessd;
using namespace accessd::engine_test;
using namespace std::chrono_literals;

namespace {

/// A database with what was approved under one configuration, and another that may come.
class Planning {
public:
    /// `config`: the one that may come.
    explicit Planning(const std::string& config = config_with()) {
        folder.write("accessd.toml", config_with());
        before = *folder.load().config;
        folder.write("accessd.toml", config);
    }

    /// Stores what came of a request of Jane's.
    void
    add(const std::string& issue_id, Phase phase, TargetState state, RequestKind kind = RequestKind::grant) {
        Request request = store_test::request(issue_id, phase);
        request.kind = kind;
        request.rule_hash = before.rules.front().hash;
        request.entitlement_names = before.rules.front().groups;
        request.beneficiary_id = "id-jane";
        request.beneficiary_email = "jane@acme.example";
        request.targets.push_back(store_test::target(store_test::key("a-" + issue_id), state));
        fixture.save(store_test::changes_of(request));
    }

    int plan(const std::string& key = "") {
        PlanOptions options;
        options.config = folder.path("accessd.toml");
        options.database = database_file(fixture.dir.path());
        options.key = key;
        std::ostringstream out;
        std::ostringstream errors;
        const int status = plan_change(options, {}, out, errors);
        said = out.str();
        complained = errors.str();
        return status;
    }

    bool says(const std::string& text) const { return said.find(text) != std::string::npos; }

    ConfigFolder folder;
    Config before;
    store_test::Fixture fixture;
    std::string said;
    std::string complained;
};

const std::string stays = ": stays as approved, until its lease, its ticket or a removal ends it\n";
const std::string nothing = "nothing changes for requests that are held or under way\n";

} // namespace

TEST_CASE("plan: the configuration that requests were approved under changes nothing for them") {
    Planning planning;
    planning.add("1", Phase::active, TargetState::held);
    planning.add("2", Phase::granting, TargetState::wanted);
    CHECK(planning.plan() == 0);
    CHECK(planning.said == nothing);
}

TEST_CASE("plan: a rule that is gone, for what is held, under way and over") {
    Planning planning(config_with("access_type = \"User\"", "access_type = \"Other\""));
    planning.add("1", Phase::active, TargetState::held);
    planning.add("2", Phase::granting, TargetState::wanted);
    planning.add("3", Phase::ending, TargetState::ending);
    planning.add("4", Phase::ended, TargetState::gone);
    planning.add("5", Phase::parked, TargetState::held); // its ticket vanished
    planning.add("6", Phase::parked, TargetState::refused);
    planning.add("7", Phase::parked, TargetState::ending);
    CHECK(planning.plan() == 1);
    CHECK(
        planning.said == "User in Entra ID: there is no [[rule]] for it any more\n"
                         "  ACC-1       jane@acme.example" +
                             stays +
                             "  ACC-2       jane@acme.example: goes on as approved; if its ticket changes "
                             "before all is granted,\n"
                             "              it is refused [rule.none]\n"
                             "  ACC-5       jane@acme.example" +
                             stays + "3 requests concerned; nothing is granted by this\n"
    );
    CHECK(planning.plan("ACC-1") == 1);
    CHECK(planning.says("1 request concerned"));
    CHECK(planning.plan("ACC-4") == 0);
    CHECK(planning.said == nothing);
}

TEST_CASE("plan: a changed rule names the groups that came and went") {
    Planning planning(config_with("groups = [\"users\"]", "groups = [\"readers\", \"writers\"]"));
    planning.add("1", Phase::active, TargetState::held);
    CHECK(planning.plan() == 1);
    CHECK(planning.says("User in Entra ID: its [[rule]] changed: groups +readers, +writers, -users\n"));
    Planning terms(config_with("groups = [\"users\"]", "groups = [\"users\"]\nmax_duration = \"1d\""));
    terms.add("1", Phase::active, TargetState::held);
    CHECK(terms.plan() == 1);
    CHECK(terms.says("its [[rule]] changed, but not its groups\n"));
}

TEST_CASE("plan: a deny rule that matches, may match or does not, and never a removal") {
    const auto deny = [](const std::string& what) {
        return config_with("[[rule]]", "[[deny]]\naccess_type = \"User\"\n" + what + "[[rule]]");
    };
    Planning denied(deny("users = [\"Jane@acme.example\"]\n"));
    denied.add("1", Phase::active, TargetState::held);
    denied.add("2", Phase::granting, TargetState::ending, RequestKind::remove);
    CHECK(denied.plan() == 1);
    CHECK(denied.says("User in Entra ID: a [[deny]] rule matches\n"));
    CHECK(denied.says("1 request concerned"));
    Planning open(deny("groups = [\"contractors\"]\n"));
    open.add("1", Phase::active, TargetState::held);
    CHECK(open.plan() == 1);
    CHECK(open.says("a [[deny]] rule may match: it depends on Jira's groups\n"));
    Planning other(deny("users = [\"bob@acme.example\"]\n"));
    other.add("1", Phase::active, TargetState::held);
    CHECK(other.plan() == 0);
}

TEST_CASE("plan: an application that is gone leaves what is held, and what must go, out of reach") {
    std::string config = config_with();
    for (std::size_t at = 0; (at = config.find("Entra ID", at)) != std::string::npos;) {
        config.replace(at, 8, "Other");
    }
    Planning planning(config);
    planning.add("1", Phase::active, TargetState::held);
    planning.add("2", Phase::ending, TargetState::ending);
    CHECK(planning.plan() == 1);
    CHECK(planning.says("User in Entra ID: the application is not in the configuration any more\n"));
    CHECK(planning.says("2 requests concerned"));
}

TEST_CASE("plan: a wrong configuration, no database or an unknown ticket is trouble") {
    Planning wrong(config_with("[jira]\n", "[jira]\na = 1\n"));
    CHECK(wrong.plan() == 2);
    CHECK(wrong.said.empty());
    CHECK(wrong.complained.find(":2:1: error: unknown key \"a\" in [jira]") != std::string::npos);
    Planning planning;
    CHECK(planning.plan("ACC-7\x1b") == 2);
    CHECK(planning.complained == "accessd knows nothing of ACC-7\\x1b\n");
    std::filesystem::remove(database_file(planning.fixture.dir.path()));
    CHECK(planning.plan() == 2);
    CHECK_FALSE(planning.complained.empty());
}

TEST_CASE("plan: what it says of requests under way is what the engine does") {
    for (const bool changes : {false, true}) {
        CAPTURE(changes);
        EngineRig rig;
        rig.script.fail("vendor.grant", transient("entra.away"));
        rig.start();
        rig.run_for(10s);
        rig.context().policy.rules = RuleSet();
        if (changes) {
            rig.ticket().updated_at = rig.world->now();
        }
        rig.run_for(2min);
        rig.script.heal();
        rig.run_for(30min);
        CHECK(rig.is_member() == !changes);
        CHECK(rig.stored()->reason_code == (changes ? "rule.none" : ""));
    }
}
