#include "tests/hostile_peers/report.hpp"

#include "tests/hostile_peers/scenario.hpp"
#include "tests/hostile_peers/tls_cases.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <set>
#include <vector>

namespace accessd::hostile {

namespace {

/// Sums of one line of the table.
class Sum {
public:
    Sum() = default;

    std::uint64_t cases = 0;
    std::uint64_t untouched = 0; ///< the fault had no occasion
    std::uint64_t parked = 0;
    std::uint64_t failed = 0;
};

class Table {
public:
    explicit Table(const Choice& choice) : choice_(choice) {}

    bool wants(const std::string& fault, const std::string& endpoint, std::string_view story) const {
        const std::string all = fault + " " + endpoint + " " + std::string(story);
        return (choice_.fault.empty() || choice_.fault == fault) &&
               (choice_.endpoint.empty() || choice_.endpoint == endpoint) &&
               (choice_.story.empty() || choice_.story == story) &&
               (choice_.filter.empty() || all.find(choice_.filter) != std::string::npos);
    }

    void note(
        const std::string& fault, const std::string& endpoint, std::string_view story, const Verdict& verdict
    ) {
        const bool failed = !verdict.violations.empty();
        for (Sum* sum : {&sums_[endpoint], &all_}) {
            sum->cases += verdict.strikes > 0 || failed ? 1 : 0;
            sum->untouched += verdict.strikes == 0 && !failed ? 1 : 0;
            sum->parked += verdict.parked ? 1 : 0;
            sum->failed += failed ? 1 : 0;
        }
        if (story != "tls") {
            faults_.insert(fault);
        }
        if (failed || choice_.verbose) {
            say(fault, endpoint, story, verdict);
        }
    }

    void print() const {
        std::printf("%-72s %6s %6s %6s %6s\n", "endpoint", "cases", "parked", "unhit", "failed");
        for (const auto& [endpoint, sum] : sums_) {
            print(endpoint, sum);
        }
        print("all", all_);
    }

    const Sum& all() const { return all_; }

    std::size_t endpoints() const {
        return static_cast<std::size_t>(std::count_if(sums_.begin(), sums_.end(), [](const auto& line) {
            return !line.first.starts_with("TLS ");
        }));
    }

    std::size_t faults() const { return faults_.size(); }

private:
    static void print(const std::string& name, const Sum& sum) {
        std::printf(
            "%-72s %6llu %6llu %6llu %6llu\n",
            name.c_str(),
            static_cast<unsigned long long>(sum.cases),
            static_cast<unsigned long long>(sum.parked),
            static_cast<unsigned long long>(sum.untouched),
            static_cast<unsigned long long>(sum.failed)
        );
    }

    void
    say(const std::string& fault, const std::string& endpoint, std::string_view story, const Verdict& verdict
    ) const {
        const char* word = verdict.violations.empty() ? "case" : "FAILED";
        std::printf(
            "%s: accessd-hostile-peers --fault %s --endpoint \"%s\" --scenario %.*s (%llu strikes)\n",
            word,
            fault.c_str(),
            endpoint.c_str(),
            static_cast<int>(story.size()),
            story.data(),
            static_cast<unsigned long long>(verdict.strikes)
        );
        const std::set<std::string> once(verdict.violations.begin(), verdict.violations.end());
        for (const std::string& violation : once) {
            std::printf("    %s\n", violation.c_str());
        }
        for (std::size_t i = 0; choice_.verbose && i < verdict.lines.size(); ++i) {
            std::printf("    | %s\n", verdict.lines[i].c_str());
        }
        std::fflush(stdout);
    }

    const Choice& choice_;
    std::map<std::string, Sum> sums_;
    std::set<std::string> faults_;
    Sum all_;
};

} // namespace

namespace {

/// The TLS faults of each host; how many cases.
std::uint64_t run_tls(Stage& stage, Table& table) {
    std::uint64_t cases = 0;
    for (const Host host : {Host::jira, Host::graph, Host::login}) {
        for (const TlsCase& one : tls_cases()) {
            const std::string place = "TLS " + std::string(to_string(host));
            if (table.wants(one.name, place, "tls")) {
                table.note(one.name, place, "tls", play_tls_case(stage, one, host));
                ++cases;
            }
        }
    }
    return cases;
}

/// Endpoints that the daemon uses only to get to know Jira: what they answer does not depend on the ticket.
bool is_for_connecting(const std::string& endpoint) {
    static const std::set<std::string> known = {
        "GET /rest/api/3/field",
        "GET /rest/api/3/mypermissions",
        "GET /rest/api/3/myself",
        "GET /rest/api/3/project/*/statuses",
        "GET /rest/servicedeskapi/servicedesk",
        "GET /rest/servicedeskapi/servicedesk/3/requesttype"};
    return known.contains(endpoint);
}

} // namespace

int run_table(const Choice& choice) {
    const auto began = std::chrono::steady_clock::now();
    Stage stage;
    const std::vector<Fault> faults = all_faults();
    Table table(choice);
    for (const Story story : all_stories) {
        for (const std::string& endpoint : endpoints_of(stage, story)) {
            if (story == Story::unproven && is_for_connecting(endpoint)) {
                continue; // played in the story of the grant
            }
            if (choice.list) {
                std::printf("%s %s\n", std::string(to_string(story)).c_str(), endpoint.c_str());
                continue;
            }
            for (const Fault& fault : faults) {
                if (table.wants(fault.name, endpoint, to_string(story))) {
                    table.note(
                        fault.name, endpoint, to_string(story), play_case(stage, story, fault, endpoint)
                    );
                }
            }
        }
    }
    const std::uint64_t tls = choice.list ? 0 : run_tls(stage, table);
    table.print();
    const auto took = std::chrono::steady_clock::now() - began;
    std::printf(
        "hostile peers: %llu cases over %zu endpoints, %zu faults, %llu TLS cases, %llu violations, %lld s\n",
        static_cast<unsigned long long>(table.all().cases - tls),
        table.endpoints(),
        table.faults(),
        static_cast<unsigned long long>(tls),
        static_cast<unsigned long long>(table.all().failed),
        static_cast<long long>(std::chrono::duration_cast<std::chrono::seconds>(took).count())
    );
    return table.all().failed == 0 ? 0 : 1;
}

} // namespace accessd::hostile
