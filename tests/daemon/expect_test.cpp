#include "daemon/expect/check.hpp"
#include "tests/daemon/config_fixture.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace accessd;

namespace {

/// A configuration, and expectations that are tried on it.
class Bench {
public:
    explicit Bench(const std::string& config = config_with()) { folder.write("accessd.toml", config); }

    /// Exit status; `said` is the output without the folder.
    int check(const std::string& expectations) {
        folder.write("policy.toml", expectations);
        std::ostringstream out;
        // No environment: neither credentials nor a state directory are known.
        const int status =
            check_expectations(folder.path("accessd.toml"), folder.path("policy.toml"), {}, out);
        said = out.str();
        for (std::size_t at = 0; (at = said.find(folder.path())) != std::string::npos;) {
            said.erase(at, folder.path().size());
        }
        return status;
    }

    bool says(const std::string& text) const { return said.find(text) != std::string::npos; }

    ConfigFolder folder;
    std::string said;
};

std::string expect(
    const std::string& more, const std::string& people = "[people]\napprovers = [\"bob@acme.example\"]\n"
) {
    return people + "[[expect]]\nrequester = \"jane@acme.example\"\napplication = \"Entra ID\"\n" +
           "access_type = \"User\"\n" + more;
}

const std::string by_bob = "approver = \"bob@acme.example\"\n";
const std::string granted = "result = \"granted\"\n";

std::string refused(const std::string& code) {
    return "result = \"refused\"\ncode = \"" + code + "\"\n";
}

/// config_with() with more fields, and the rule's last line replaced.
std::string config_for(const std::string& rule, const std::string& portal = "") {
    std::string text = config_with(
        "access_type = \"Access Type\"\n",
        "access_type = \"Access Type\"\n"
        "beneficiary = \"For\"\nduration = \"How Long\"\nreason = \"Reason\"\n"
    );
    const std::string last = "approvers = { groups = [\"approvers\"] }\n";
    text.replace(text.find(last), last.size(), rule);
    const std::string project = "project = \"ACC\"\n";
    return text.replace(text.find(project), project.size(), project + portal);
}

} // namespace

TEST_CASE("expect: what is met is one line and success, without credentials, network or database") {
    Bench bench;
    CHECK(
        bench.check(expect(by_bob + granted + "entitlements = [\"users\"]\nexpires_after = \"never\"\n")) == 0
    );
    CHECK(bench.said == "policy.toml: ok: 1 expectation\n");
}

TEST_CASE("expect: each that is not met is a line with its place, what was expected and what came") {
    Bench bench;
    const std::string more =
        "[[expect]]\nrequester = \"bob@acme.example\"\napplication = \"Entra ID\"\n"
        "access_type = \"User\"\napprover = \"bob@acme.example\"\nresult = \"granted\"\n";
    CHECK(bench.check(expect(by_bob + refused("proof.no_approval")) + more) == 1);
    CHECK(
        bench.said ==
        "policy.toml:3:1: access to \"User\" in \"Entra ID\" for jane@acme.example: expected to be refused "
        "[proof.no_approval], but it is granted\n"
        "policy.toml:10:1: access to \"User\" in \"Entra ID\" for bob@acme.example: expected to be granted, "
        "but "
        "it is refused: bob@acme.example approved a request that they raised or benefit from; somebody else "
        "must "
        "approve [proof.self_approval]\n"
        "policy.toml: 2 of 2 expectations not met\n"
    );
    CHECK(bench.check(expect(refused("proof.self_approval"))) == 1);
    CHECK(bench.says("expected [proof.self_approval], but it is refused: "));
    CHECK(bench.check(expect(by_bob + granted + "entitlements = [\"admins\"]\n")) == 1);
    CHECK(bench.says("expected the entitlements \"admins\", but they are \"users\"\n"));
    CHECK(bench.check(expect(by_bob + granted + "expires_after = \"30d\"\n")) == 1);
    CHECK(bench.says("expected that it expires after 30d, but it never expires\n"));
}

TEST_CASE("expect: nobody approved, somebody else did, or too few: refused as the daemon refuses") {
    Bench bench(config_for("approvers = { groups = [\"approvers\"], minimum = 2 }\n"));
    const std::string people =
        "[people]\napprovers = [\"bob@acme.example\", \"Carol@acme.example\", \"712020:dan\"]\n";
    CHECK(bench.check(expect(refused("proof.no_approval"), people)) == 0);
    CHECK(
        bench.check(
            expect("approver = \"eve@acme.example\"\n" + refused("proof.approver_not_allowed"), people)
        ) == 0
    );
    CHECK(bench.check(expect(by_bob + refused("proof.too_few_approvers"), people)) == 0);
    CHECK(
        bench.check(expect("approvers = [\"bob@acme.example\", \"carol@acme.example\"]\n" + granted, people)
        ) == 0
    );
    CHECK(bench.check(expect("approvers = [\"bob@acme.example\", \"712020:dan\"]\n" + granted, people)) == 0);
    // Two names of one account are one person.
    const std::string accounts = people + "[accounts]\n\"712020:dan\" = \"bob@acme.example\"\n";
    CHECK(
        bench.check(expect(
            "approvers = [\"bob@acme.example\", \"712020:dan\"]\n" + refused("proof.too_few_approvers"),
            accounts
        )) == 0
    );
}

TEST_CASE("expect: with evidence by transition whoever approves moves the ticket") {
    Bench bench(config_for("approvers = { groups = [\"approvers\"] }\n", "evidence = \"transition\"\n"));
    CHECK(bench.check(expect(by_bob + granted)) == 0);
    CHECK(bench.check(expect("approver = \"jane@acme.example\"\n" + refused("proof.self_approval"))) == 0);
    CHECK(bench.check(expect(refused("proof.no_transition"))) == 0);
    CHECK(bench.check(expect("approvers = [\"bob@acme.example\", \"carol@acme.example\"]\n" + granted)) == 2);
    CHECK(bench.says("policy.toml:7:34: error: with evidence = \"transition\" one person moves a ticket"));
}

TEST_CASE("expect: denied, not allowed to ask, no reason, too long, an unknown rule, a foreign address") {
    const std::string deny = "[[deny]]\ngroups = [\"contractors\"]\n";
    Bench bench(config_for(
        "approvers = { groups = [\"approvers\"] }\nrequesters = { groups = [\"staff\"] }\nrequire_reason = "
        "true\n"
        "max_duration = \"30d\"\n" +
        deny
    ));
    const std::string people =
        "[people]\napprovers = [\"bob@acme.example\"]\nstaff = [\"jane@acme.example\"]\n"
        "contractors = [\"carl@acme.example\"]\n";
    const std::string good = by_bob + "reason = \"audit\"\n";
    CHECK(bench.check(expect(good + granted + "expires_after = \"30d\"\n", people)) == 0);
    CHECK(
        bench.check(expect(good + "duration = \"1 week\"\n" + granted + "expires_after = \"7d\"\n", people)
        ) == 0
    );
    CHECK(
        bench.check(expect(good + "duration = \"3 months\"\n" + granted + "expires_after = \"30d\"\n", people)
        ) == 0
    );
    CHECK(bench.check(expect(good + "duration = \"soon\"\n" + refused("request.bad_duration"), people)) == 0);
    CHECK(bench.check(expect(by_bob + refused("request.reason_missing"), people)) == 0);
    CHECK(
        bench.check(expect(good + "beneficiary = \"carl@acme.example\"\n" + refused("rule.denied"), people)
        ) == 0
    );
    CHECK(
        bench.check(
            expect(good + "beneficiary = \"x@other.example\"\n" + refused("identity.foreign_domain"), people)
        ) == 0
    );
    CHECK(
        bench.check(expect(good + "beneficiary = \"712020:x\"\n" + refused("identity.no_email"), people)) == 0
    );
    const std::string nobody = "[people]\napprovers = [\"bob@acme.example\"]\n";
    CHECK(bench.check(expect(good + refused("request.not_allowed"), nobody)) == 0);
    std::string other = expect(good + refused("rule.none"), people);
    CHECK(bench.check(other.replace(other.find("\"User\""), 6, "\"Admin\"")) == 0);
    CHECK(bench.check(expect(good + "request = \"removal\"\n" + granted, people)) == 0);
    CHECK(bench.check(expect("request = \"removal\"\n" + refused("proof.no_approval"), people)) == 0);
}

TEST_CASE("expect: an account id and an address that [accounts] joins are one person") {
    Bench bench(config_for("approvers = { users = [\"712020:bob\"] }\n"));
    CHECK(bench.check(expect(by_bob + refused("proof.approver_not_allowed"), "")) == 0);
    CHECK(bench.check(expect(by_bob + granted, "[accounts]\n\"712020:bob\" = \"Bob@acme.example\"\n")) == 0);
    CHECK(bench.check(expect("approver = \"712020:bob\"\n" + granted, "")) == 0);
}

TEST_CASE("expect: a change names what goes, and both rules must be satisfied") {
    std::string config =
        config_for("approvers = { groups = [\"approvers\"] }\n[[rule]]\napplication = \"Entra ID\"\n"
                   "access_type = \"Admin\"\ngroups = [\"admins\"]\napprovers = { groups = [\"owners\"] }\n");
    const std::string types = "remove = [\"Request Removal\"]\n";
    config.replace(config.find(types), types.size(), "change = [\"Request Change\"]\n");
    const std::string fields = "reason = \"Reason\"\n";
    config.replace(config.find(fields), fields.size(), fields + "old_access_type = \"Old\"\n");
    Bench bench(config);
    const std::string change = "request = \"change\"\nold_access_type = \"Admin\"\n" + by_bob;
    CHECK(bench.check(expect(change + refused("proof.approver_not_allowed"))) == 0);
    const std::string both =
        "[people]\napprovers = [\"bob@acme.example\"]\nowners = [\"bob@acme.example\"]\n";
    CHECK(bench.check(expect(change + granted, both)) == 0);
    CHECK(bench.check(expect("request = \"removal\"\n" + granted)) == 2);
    CHECK(bench.says("policy.toml:7:1: error: \"request\" needs \"remove\" in [portal.request_types]"));
}

TEST_CASE("expect: everything that is wrong in the file is told with its place, and nothing is tried") {
    Bench bench;
    CHECK(
        bench.check("[people]\naprovers = [\"bob@acme.example\"]\n[acounts]\n[[expect]]\nrequester = "
                    "\"a@b@c\"\nacess_type = \"x\"\n"
                    "application = \"Entra ID\"\nbeneficiary = \"carl@acme.example\"\nreason = "
                    "\"x\"\nduration = \"1d\"\n"
                    "approver = \"a\"\napprovers = [\"b\"]\nresult = \"granted\"\ncode = "
                    "\"x\"\nexpires_after = \"soon\"\n"
                    "old_access_type = \"y\"\n[[expect]]\nresult = \"refused\"\nentitlements = [\"x\"]\n"
        ) == 2
    );
    CHECK(
        bench.said ==
        "policy.toml:2:1: error: no rule names the group \"aprovers\"; did you mean \"approvers\"?\n"
        "policy.toml:3:2: error: unknown key \"acounts\" in this file; did you mean \"accounts\"?\n"
        "policy.toml:4:1: error: \"access_type\" is missing in [[expect]]\n"
        "policy.toml:5:13: error: \"a@b@c\" is neither an e-mail address nor a Jira account id\n"
        "policy.toml:6:1: error: unknown key \"acess_type\" in [[expect]]; did you mean \"access_type\"?\n"
        "policy.toml:8:15: error: the beneficiary is the requester: [portal.fields] names no "
        "\"beneficiary\"\n"
        "policy.toml:9:1: error: \"reason\" is read from no field: set it in [portal.fields]\n"
        "policy.toml:10:1: error: \"duration\" is read from no field: set it in [portal.fields]\n"
        "policy.toml:11:12: error: \"approver\" and \"approvers\" exclude each other\n"
        "policy.toml:14:1: error: \"code\" goes with result = \"refused\" only\n"
        "policy.toml:15:17: error: \"expires_after\" must be digits and one unit (s, m, h, d, w), like "
        "\"15m\"\n"
        "policy.toml:16:1: error: \"old_access_type\" goes with request = \"change\" only\n"
        "policy.toml:17:1: error: \"requester\" is missing in [[expect]]\n"
        "policy.toml:17:1: error: \"application\" is missing in [[expect]]\n"
        "policy.toml:17:1: error: \"access_type\" is missing in [[expect]]\n"
        "policy.toml:17:1: error: \"code\" is missing in [[expect]]\n"
        "policy.toml:19:1: error: \"entitlements\" goes with result = \"granted\" only\n"
        "policy.toml: 17 problems\n"
    );
}

TEST_CASE("expect: no file, no expectations, other things than tables, a wrong configuration: exit 2") {
    Bench bench;
    CHECK(bench.check("") == 2);
    CHECK(bench.says("there must be at least one [[expect]]"));
    for (const std::string wrong :
         {"expect = 1",
          "expect = [1]",
          "people = 1\nexpect = []",
          "[[expect]]\nresult = 1",
          "x = = y",
          "[accounts]\na = \"b\""}) {
        CAPTURE(wrong);
        CHECK(bench.check(wrong + "\n") == 2);
        CHECK(bench.says("policy.toml:"));
        CHECK(bench.says(": error: "));
    }
    std::ostringstream out;
    CHECK(
        check_expectations(bench.folder.path("accessd.toml"), bench.folder.path("none.toml"), {}, out) == 2
    );
    bench.folder.write("accessd.toml", config_with("[jira]\n", "[jira]\na = 1\n"));
    CHECK(bench.check(expect(by_bob + granted)) == 2);
    CHECK(bench.said.starts_with("accessd.toml:2:1: error: unknown key \"a\" in [jira]"));
}

TEST_CASE("expect: secrets are not opened, but must be referred to rightly") {
    Bench bench(
        config_with("token = { credential = \"jira-token\" }", "token = { credential = \"none-there\" }")
    );
    CHECK(bench.check(expect(by_bob + granted)) == 0);
    Bench wrong(config_with("token = { credential = \"jira-token\" }", "token = \"hunter2\""));
    CHECK(wrong.check(expect(by_bob + granted)) == 2);
    CHECK_FALSE(wrong.says("hunter2"));
}
