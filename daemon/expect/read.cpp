#include "core/support/text.hpp"
#include "daemon/config/document.hpp"
#include "daemon/config/section.hpp"
#include "daemon/expect/expectation.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

namespace accessd {

namespace {

using namespace std::chrono_literals;

void check_person(const PlacedText& person, Problems& problems) {
    if (person.text.find('@') != std::string::npos && !is_plain_email(person.text)) {
        problems.add(
            person.place, in_quotes(person.text) + " is neither an e-mail address nor a Jira account id"
        );
    }
}

/// Every Jira group that decides something.
std::vector<std::string> groups_of(const Config& config) {
    std::set<std::string> groups;
    for (const AccessRule& rule : config.rules) {
        groups.insert(rule.approvers.groups.begin(), rule.approvers.groups.end());
        if (rule.requesters) {
            groups.insert(rule.requesters->groups.begin(), rule.requesters->groups.end());
        }
    }
    for (const DenyRule& deny : config.denies) {
        groups.insert(deny.people.groups.begin(), deny.people.groups.end());
    }
    return std::vector<std::string>(groups.begin(), groups.end());
}

/// A group that no rule asks for would be a slip of the pen in one of the two files.
void read_groups(const Node& table, const Config& config, ExpectFile& file, Problems& problems) {
    Section section(table, "[people]", problems);
    const std::vector<std::string> known = groups_of(config);
    for (const Member& member : table.members) {
        if (std::find(known.begin(), known.end(), member.name) == known.end()) {
            problems.add(
                member.place,
                "no rule names the group " + in_quotes(member.name) + suggestion(member.name, known)
            );
        }
        const std::vector<PlacedText> people = section.list(member.name);
        for (const PlacedText& person : people) {
            check_person(person, problems);
        }
        file.members.emplace(member.name, plain(people));
    }
}

void read_accounts(const Node& table, ExpectFile& file, Problems& problems) {
    Section section(table, "[accounts]", problems);
    std::map<std::string, Place> seen;
    for (const Member& member : table.members) {
        const PlacedText address = section.text(member.name, Presence::required);
        if (address.text.empty()) {
            continue;
        }
        if (!is_plain_email(address.text) || member.name.find('@') != std::string::npos) {
            problems.add(member.place, "[accounts] must hold \"JIRA ACCOUNT ID\" = \"E-MAIL ADDRESS\"");
            continue;
        }
        const std::string folded = fold_email(address.text);
        const auto [first, is_new] = seen.emplace(folded, address.place);
        if (!is_new) {
            problems.add(
                address.place,
                in_quotes(address.text) + " belongs to another account already, at " +
                    problems.describe(first->second)
            );
        }
        file.address_of.emplace(member.name, folded);
    }
}

/// One [[expect]] while it is read.
class ExpectReader {
public:
    ExpectReader(const Node& table, const Config& config, Problems& problems)
        : table_(table), portal_(config.portal), section_(table, "[[expect]]", problems),
          problems_(problems) {}

    Expectation read() {
        Expectation expected;
        expected.place = table_.place;
        read_kind(expected);
        read_people(expected);
        expected.application = section_.text("application", Presence::required).text;
        expected.access_type = section_.text("access_type", Presence::required).text;
        expected.reason = needs_field("reason", portal_.reason_field);
        expected.duration = needs_field("duration", portal_.duration_field);
        read_result(expected);
        section_.finish();
        return expected;
    }

private:
    void refuse(const std::string& key, const std::string& why) {
        if (const Member* member = section_.find(key)) {
            problems_.add(member->place, in_quotes(key) + " " + why);
        }
    }

    /// What the portal does not ask for no ticket can say.
    std::string needs_field(const std::string& key, const std::string& field) {
        if (field.empty()) {
            refuse(key, "is read from no field: set it in [portal.fields]");
            return "";
        }
        return section_.text(key).text;
    }

    void read_kind(Expectation& expected) {
        expected.kind = section_.choice<RequestKind>(
            "request",
            RequestKind::grant,
            {{"access", RequestKind::grant},
             {"removal", RequestKind::remove},
             {"change", RequestKind::change}}
        );
        const bool removal = expected.kind == RequestKind::remove;
        const bool unknown = (removal && portal_.remove_types.empty()) ||
                             (expected.kind == RequestKind::change && portal_.change_types.empty());
        if (unknown) {
            refuse(
                "request",
                removal ? "needs \"remove\" in [portal.request_types]"
                        : "needs \"change\" in [portal.request_types]"
            );
        }
        if (expected.kind == RequestKind::change) {
            expected.old_access_type = needs_field("old_access_type", portal_.old_access_type_field);
        } else {
            refuse("old_access_type", "goes with request = \"change\" only");
        }
    }

    PlacedText person(const std::string& key, Presence presence) {
        PlacedText found = section_.text(key, presence);
        check_person(found, problems_);
        return found;
    }

    void read_people(Expectation& expected) {
        expected.requester = person("requester", Presence::required).text;
        const PlacedText beneficiary = person("beneficiary", Presence::optional);
        expected.beneficiary = beneficiary.text.empty() ? expected.requester : beneficiary.text;
        if (portal_.beneficiary_field == "reporter" && expected.beneficiary != expected.requester) {
            problems_.add(
                beneficiary.place,
                "the beneficiary is the requester: [portal.fields] names no \"beneficiary\""
            );
        }
        const PlacedText one = person("approver", Presence::optional);
        const std::vector<PlacedText> several = section_.list("approvers");
        for (const PlacedText& approver : several) {
            check_person(approver, problems_);
        }
        expected.approvers = plain(several);
        if (!one.text.empty() && !several.empty()) {
            problems_.add(one.place, "\"approver\" and \"approvers\" exclude each other");
        } else if (!one.text.empty()) {
            expected.approvers.push_back(one.text);
        }
        if (expected.approvers.size() > 1 && portal_.evidence == EvidenceSource::transition) {
            problems_.add(
                several[1].place,
                "with evidence = \"transition\" one person moves a ticket, and approves by it"
            );
        }
    }

    void read_result(Expectation& expected) {
        if (section_.find("result", Presence::required) == nullptr) {
            for (const char* const key : {"code", "entitlements", "expires_after"}) {
                section_.find(key);
            }
            return;
        }
        expected.granted = section_.choice<bool>("result", false, {{"granted", true}, {"refused", false}});
        if (expected.granted) {
            refuse("code", "goes with result = \"refused\" only");
            read_grant(expected);
            return;
        }
        expected.code = section_.text("code", Presence::required).text;
        refuse("entitlements", "goes with result = \"granted\" only");
        refuse("expires_after", "goes with result = \"granted\" only");
    }

    void read_grant(Expectation& expected) {
        if (table_.find("entitlements") != nullptr) {
            expected.entitlements = plain(section_.list("entitlements", Presence::required));
            std::sort(expected.entitlements->begin(), expected.entitlements->end());
        }
        const Member* expiry = section_.find("expires_after");
        if (expiry == nullptr) {
            return;
        }
        if (expiry->value.kind == NodeKind::text && expiry->value.text == "never") {
            expected.expires_after = Duration();
            return;
        }
        const Duration length =
            section_.duration("expires_after", Duration(), DurationRange(1min, 24h * 3650));
        if (length > Duration()) {
            expected.expires_after = length;
        }
    }

    const Node& table_;
    const PortalNames& portal_;
    Section section_;
    Problems& problems_;
};

void read_expectations(
    const Node& document, const Config& config, ExpectFile& file, Section& top, Problems& problems
) {
    const Member* list = top.find("expect");
    if (list == nullptr || list->value.kind != NodeKind::list || list->value.items.empty()) {
        problems.add(list != nullptr ? list->place : document.place, "there must be at least one [[expect]]");
        return;
    }
    for (const Node& item : list->value.items) {
        if (item.kind == NodeKind::table) {
            file.expectations.push_back(ExpectReader(item, config, problems).read());
        } else {
            problems.add(item.place, "an expectation must be a section: [[expect]]");
        }
    }
}

} // namespace

ExpectFile read_expect_file(const std::filesystem::path& path, const Config& config, Problems& problems) {
    ExpectFile file;
    const std::optional<Node> document =
        parse_toml_file(path.string(), problems.add_file(path.string()), problems);
    if (!document) {
        return file;
    }
    Section top(*document, "this file", problems);
    if (const Node* people = top.table("people")) {
        read_groups(*people, config, file, problems);
    }
    if (const Node* accounts = top.table("accounts")) {
        read_accounts(*accounts, file, problems);
    }
    read_expectations(*document, config, file, top, problems);
    top.finish();
    return file;
}

} // namespace accessd
