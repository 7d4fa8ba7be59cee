// The query that is built from any project, statuses and time is read by the sandbox's JQL parser as exactly
// these: no value becomes a part of the query's text. What cannot be written is refused.
#include "core/jsm/jql.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/sandbox/jsm_jql.hpp"

#include <algorithm>
#include <fuzzer/FuzzedDataProvider.h>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

using namespace accessd;
using sandbox::jsm::Jql;

namespace {

bool can_be_written(const std::string& text) {
    return !text.empty() &&
           std::none_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
}

/// The id that a site would have to give what is called by this text.
std::int64_t id_for(const std::string& text) {
    return parse_integer(text).value_or(-1);
}

/// A site with just this project and these statuses, and decoys that a wrong query would find.
class Site {
public:
    Site(const std::string& project, const std::vector<std::string>& statuses)
        : state(sandbox::jsm::Settings()) {
        add_project("OTHER");
        wanted_project = add_project(project);
        add_status("Decoy");
        for (const std::string& status : statuses) {
            wanted_statuses.insert(add_status(status));
        }
    }

    sandbox::jsm::State state;
    const void* wanted_project = nullptr;
    std::set<const void*> wanted_statuses;

private:
    const void* add_project(const std::string& key) {
        for (const auto& known : state.projects) {
            if (equals_ignoring_case(known.key, key)) {
                return &known;
            }
        }
        auto& made = state.projects.emplace_back();
        made.key = key;
        made.name = key;
        made.id = id_for(key);
        return &made;
    }

    const void* add_status(const std::string& name) {
        for (const auto& known : state.statuses) {
            if (equals_ignoring_case(known.name, name) || (known.id >= 0 && known.id == id_for(name))) {
                return &known;
            }
        }
        auto& made = state.statuses.emplace_back();
        made.name = name;
        made.id = id_for(name);
        return &made;
    }
};

void check_parts(const Jql& jql, const Site& site, std::optional<TimePoint> since, const std::string& text) {
    using Kind = Jql::Kind;
    const auto& parts = jql.where.children;
    fuzz::must(
        jql.where.kind == Kind::all && parts.size() == (since ? 3U : 2U), "the query has its parts", text
    );
    const std::set<const void*> project = {site.wanted_project};
    fuzz::must(parts[0].kind == Kind::project && parts[0].members == project, "the project is meant", text);
    fuzz::must(parts[1].kind == Kind::status, "the statuses come next", text);
    fuzz::must(parts[1].members == site.wanted_statuses, "the statuses are meant", text);
    if (since) {
        const std::int64_t bound = std::max<std::int64_t>(0, since->time_since_epoch().count());
        fuzz::must(
            parts[2].kind == Kind::updated && parts[2].comparison == ']', "the time is a lower one", text
        );
        fuzz::must(parts[2].bound == bound, "the time is meant", text);
    }
    fuzz::must(jql.sort == Jql::Sort::updated && !jql.descending, "oldest change first", text);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzedDataProvider in(data, size);
    std::optional<TimePoint> since;
    if (in.ConsumeBool()) {
        since = TimePoint(Duration(in.ConsumeIntegral<std::int64_t>()));
    }
    const std::string project = in.ConsumeRandomLengthString(100);
    std::vector<std::string> statuses;
    while (in.remaining_bytes() > 0 && statuses.size() < 8) {
        statuses.push_back(in.ConsumeRandomLengthString(100));
    }
    const auto jql = candidates_jql(project, statuses, since);
    const bool possible = can_be_written(project) && !statuses.empty() &&
                          std::all_of(statuses.begin(), statuses.end(), can_be_written);
    fuzz::must(jql.has_value() == possible, "what cannot be written is refused, and only that", project);
    if (!jql) {
        return 0;
    }
    Site site(project, statuses);
    const auto read = sandbox::jsm::parse_jql(site.state, nullptr, *jql, TimePoint());
    if (const auto* refusal = std::get_if<std::string>(&read)) {
        fuzz::must(false, "Jira takes the query", *jql + " -> " + *refusal);
    }
    check_parts(std::get<Jql>(read), site, since, *jql);
    return 0;
}
