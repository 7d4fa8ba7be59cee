#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "daemon/explain/checks.hpp"
#include "daemon/explain/page.hpp"
#include "daemon/explain/show.hpp"
#include "tests/core/engine/engine_rig.hpp"

#include <boost/regex.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

using namespace accessd;
using namespace accessd::engine_test;
using namespace std::chrono_literals;

namespace {

/// What `accessd show` says about the database in a directory.
class Shown {
public:
    Shown(const std::filesystem::path& directory, const std::string& key, bool json = false) {
        ShowOptions options;
        options.source.database = database_file(directory);
        options.key = key;
        options.json = json;
        std::ostringstream out;
        std::ostringstream errors;
        status = show_request(options, {}, out, errors);
        said = out.str();
        complained = errors.str();
    }

    bool says(const std::string& text) const { return said.find(text) != std::string::npos; }

    /// A line that matches the whole expression.
    bool has_line(const std::string& expression) const {
        std::istringstream lines(said);
        for (std::string line; std::getline(lines, line);) {
            if (boost::regex_match(line, boost::regex(expression))) {
                return true;
            }
        }
        return false;
    }

    int status = 0;
    std::string said;
    std::string complained;
};

std::size_t longest_line(const std::string& text) {
    std::size_t longest = 0;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        longest = std::max(longest, line.size());
    }
    return longest;
}

const std::string moment = R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)";

} // namespace

TEST_CASE("show: a granted request is told from its proof to the end of its lease, beside a running daemon") {
    EngineRig rig;
    AccessRule rule = policy_test::rule();
    rule.max_duration = 24h;
    rig.context().policy.rules = {rule};
    rig.start();
    rig.run_for(1min);
    const Shown shown(rig.dir.path(), "ACC-42");
    CAPTURE(shown.said);
    REQUIRE(shown.status == 0);
    CHECK(shown.complained.empty());
    CHECK(shown.said.starts_with("ACC-42: granted\n"));
    CHECK(shown.has_line("  for +jane@acme.example, id-jane"));
    CHECK(shown.has_line("  pass  the duration is understood: 1d"));
    CHECK(shown.has_line("  pass  an approval stands behind the status: record 31 by id-bob at " + moment));
    CHECK(shown.has_line("  pass  the rule names who approved: bob@acme.example"));
    CHECK(shown.has_line("  held +Entra ID: users, until " + moment));
    CHECK(shown.has_line(" +entitlement g-users"));
    CHECK(shown.has_line(" +account a-jane@acme.example"));
    CHECK(shown.has_line("  " + moment + R"( #1 +request.approved  by bob@acme.example)"));
    CHECK(shown.has_line("  " + moment + R"( #2 +grant.intent  Entra ID: users for jane@acme.example.*)"));
    CHECK(shown.has_line("  " + moment + R"( #3 +grant.done  Entra ID: users for jane@acme.example.*)"));
    CHECK(shown.has_line("  " + moment + R"( #4 +ticket.told  granted.*)"));
    CHECK(shown.has_line("  told +granted, " + moment + ", audit #3"));
    CHECK(shown.says("| Access granted to jane@acme.example, approved by bob@acme.example."));
    CHECK(shown.has_line("  " + moment + "  the lease on Entra ID: users ends"));
    CHECK(longest_line(shown.said) <= 100);
}

TEST_CASE("show: a refused request names the check that failed, and does not claim what was not judged") {
    EngineRig rig;
    rig.ticket().approvals.front().answers.front().approver = policy_test::jane();
    rig.start();
    rig.run_for(1min);
    const Shown shown(rig.dir.path(), "1042");
    CAPTURE(shown.said);
    CHECK(shown.said.starts_with("ACC-42: the approval is not believed [proof.self_approval]\n"));
    CHECK(shown.has_line("  pass  an approval stands behind the status"));
    CHECK(shown.has_line("  FAIL  nobody approved for themselves: .*jane.*"));
    CHECK(shown.has_line("  -     who approved is an active user"));
    CHECK(shown.has_line("  -     nothing that decides changed since"));
    CHECK(shown.has_line("  -     a reason is given where one is needed"));
    CHECK(shown.has_line("  -  +look again when the ticket changes"));
    CHECK_FALSE(shown.says("targets"));
}

TEST_CASE("show: every refusal that is documented as unproven is the failure of exactly one check") {
    std::ifstream file(std::string(ACCESSD_SOURCE_DIR) + "/docs/events.md");
    std::string line;
    std::size_t codes = 0;
    const boost::regex row(R"(^\| `((?:proof|request)\.[a-z_]+)` \|.*)");
    while (std::getline(file, line)) {
        boost::smatch code;
        // That a removal came in between is found out behind the proof.
        if (!boost::regex_match(line, code, row) || code[1] == "request.removed_since") {
            continue;
        }
        ++codes;
        CAPTURE(code[1].str());
        Request request;
        request.phase = Phase::unproven;
        request.reason_code = code[1];
        const auto judged = judge_checks(request);
        CHECK(std::count_if(judged.begin(), judged.end(), [](const JudgedCheck& check) {
                  return check.verdict == Verdict::fail;
              }) == 1);
    }
    CHECK(codes > 15);
}

TEST_CASE("show: trouble, the end of each call and a revoke under watch are told with what comes next") {
    EngineRig rig;
    rig.script.fail("vendor.grant", transient("entra.away"), 1);
    rig.start();
    rig.run_for(1min);
    rig.move(rig.ticket(), policy_test::status::revoked);
    rig.run_for(20s);
    const Shown shown(rig.dir.path(), "ACC-42");
    CAPTURE(shown.said);
    CHECK(shown.has_line(".* grant.failed  Entra ID: users for .*"));
    CHECK(shown.says("passes [entra.away], took 0s"));
    CHECK(shown.has_line(".* request.revoked  by carol@acme.example \\[revoked\\]"));
    CHECK(shown.has_line(".* revoke.done  Entra ID: users for .*"));
    CHECK(shown.has_line("  gone +Entra ID: users"));
    CHECK(shown.has_line("  " + moment + "  look whether g-users of Entra ID is still revoked"));
    rig.vendor->members.insert(EngineRig::key());
    rig.run_for(2min);
    CHECK(Shown(rig.dir.path(), "ACC-42")
              .has_line(".* revoke.late_grant  Entra ID: g-users for a-jane@acme.example.*"));
}

TEST_CASE("show: one line of JSON holds the same") {
    EngineRig rig;
    rig.start();
    rig.run_for(1min);
    const Shown shown(rig.dir.path(), "ACC-42", true);
    CHECK(shown.said.find('\n') == shown.said.size() - 1);
    const auto json = parse_json(std::string_view(shown.said).substr(0, shown.said.size() - 1));
    REQUIRE(json.has_value());
    CHECK(string_or_empty(*json, "phase") == "active");
    CHECK(string_or_empty(*find_object(*json, "evidence"), "source") == "approval");
    CHECK(find_array(*json, "events")->size() == 4);
    CHECK(string_or_empty(find_array(*json, "targets")->front(), "state") == "held");
    CHECK(string_or_empty(find_array(*json, "comments")->front(), "outcome") == "told");
    CHECK(string_or_empty(find_array(*json, "checks")->front(), "verdict") == "pass");
    CHECK(
        string_or_empty(find_array(*json, "next")->front(), "what") == "nothing, until the ticket is revoked"
    );
}

TEST_CASE("show: a ticket that was renamed since is found by the key that was audited") {
    EngineRig rig;
    rig.start();
    rig.run_for(1min);
    rig.ticket().issue_key = "NEW-7";
    rig.move(rig.ticket(), policy_test::status::revoked);
    rig.run_for(1min);
    CHECK(Shown(rig.dir.path(), "ACC-42").said.starts_with("NEW-7: over"));
    CHECK(Shown(rig.dir.path(), "NEW-7").said.starts_with("NEW-7: over"));
}

TEST_CASE("show: what is hostile in the database does not reach the terminal, in either form") {
    store_test::Fixture fixture;
    const std::string hostile = "a\x1b[2J\xC2\x9B\n\xE2\x80\xAE\xFF\"\\" + std::string(300, 'x');
    Request request = store_test::request("7", Phase::parked);
    request.application = request.access_type = request.reason = request.reason_code = hostile;
    request.beneficiary_email = request.beneficiary_id = request.approver = request.rule_hash = hostile;
    request.account = Account(hostile, hostile);
    request.evidence = R"({"approvals":[7,{"id":8,"approvers":"x"}],"status":["\u001b"]})";
    Target target = store_test::target(AccessKey(hostile, hostile, hostile), TargetState::refused);
    target.entitlement_name = target.error_code = target.error_message = target.kept_because = hostile;
    request.targets.push_back(target);
    Changes changes = store_test::changes_of(request);
    Tell tell = store_test::tell("7");
    tell.lines.assign(1, hostile);
    changes.tells.push_back(tell);
    changes.audit.emplace_back("request.parked", R"({"issue":"7","reason":"\u001b[2J","ticket":"ACC-7"})");
    changes.audit.emplace_back("grant\x1b.done", R"("issue":"7")");
    fixture.save(std::move(changes));
    for (const bool json : {false, true}) {
        const Shown shown(fixture.dir.path(), "ACC-7", json);
        CHECK(shown.status == 0);
        CHECK(is_valid_utf8(shown.said));
        for (const char c : shown.said) {
            CHECK((c == '\n' || c >= ' ' || static_cast<unsigned char>(c) >= 0x80));
        }
        CHECK_FALSE(shown.says("\xC2\x9B"));
        CHECK_FALSE(shown.says("\xE2\x80\xAE"));
        CHECK((json || longest_line(shown.said) <= 100));
    }
}

TEST_CASE("show: what is not known, not there, not ours or of another schema is said in one sentence") {
    store_test::Fixture fixture;
    const Shown unknown(fixture.dir.path(), "ACC-\x1b");
    CHECK(unknown.status == 1);
    CHECK(unknown.said.empty());
    CHECK(unknown.complained.starts_with(R"(accessd knows nothing of ACC-\x1b: )"));
    const store_test::TempDir empty;
    CHECK(Shown(empty.path(), "ACC-1").status == 2);
    std::ofstream(database_file(empty.path())) << "this is no database of anybody, but it is long enough";
    CHECK(Shown(empty.path(), "ACC-1").status == 2);
    {
        auto database = Database::open(database_file(fixture.dir.path()), Database::Mode::read_write);
        REQUIRE((*database)->execute("PRAGMA user_version = 1"));
    }
    const Shown older(fixture.dir.path(), "ACC-1");
    CHECK(older.status == 2);
    CHECK(older.complained.find("schema version 1, this accessd reads version") != std::string::npos);
}

TEST_CASE("page: texts break at blanks, and whatever may be wide counts twice") {
    std::ostringstream out;
    Page page(out);
    page.entry("label", 10, std::string(60, 'a') + " " + std::string(29, 'b') + " c");
    page.entry("", 10, std::string(95, 'd'));
    std::string wide;
    for (int i = 0; i < 50; ++i) {
        wide += "\xE6\xBC\xA2";
    }
    page.heading(wide + "x");
    CHECK(
        out.str() == "  label   " + std::string(60, 'a') + " " + std::string(29, 'b') + "\n          c\n" +
                         "          " + std::string(90, 'd') + "\n          ddddd\n" + wide + "\nx\n"
    );
}

TEST_CASE("page: JSON is ASCII, and stays what it was") {
    const std::string text = "\x7F\xC3\xA4\xE2\x80\xAE\xF0\x9F\x98\x80\"";
    const std::string written = ascii_json(boost::json::value(text));
    CHECK(written == R"("\u007f\u00e4\u202e\ud83d\ude00\"")");
    CHECK(parse_json(written)->as_string() == text);
    CHECK(ascii_json(boost::json::value("\xE2\x22")) == R"("\ufffd\"")");
}
