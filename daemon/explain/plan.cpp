#include "daemon/explain/plan.hpp"

#include "core/policy/facts.hpp"
#include "core/support/text.hpp"
#include "daemon/check.hpp"
#include "daemon/config.hpp"
#include "daemon/expect/judge.hpp"
#include "daemon/explain/open.hpp"
#include "daemon/explain/page.hpp"
#include "daemon/explain/rule_change.hpp"

#include <ostream>
#include <utility>
#include <vector>

namespace accessd {

namespace {

constexpr int exit_differs = 1;
constexpr std::size_t column = 14;

/// A request that is concerned, and what becomes of it.
class Concerned {
public:
    Concerned(std::string ticket, std::string who, std::string consequence)
        : key(std::move(ticket)), beneficiary(std::move(who)), then(std::move(consequence)) {}

    std::string key;
    std::string beneficiary;
    std::string then;
};

/// By rule and by what is otherwise about it.
using ChangesByRule = std::map<std::string, std::vector<Concerned>>;

Result<std::vector<std::string>> issues_of(LedgerFile& file, const std::string& key) {
    if (key.empty()) {
        return file.unfinished();
    }
    auto issue = file.find(key);
    if (!issue) {
        return std::move(issue).error();
    }
    if (!*issue) {
        return unreadable("accessd knows nothing of " + escape_text(key));
    }
    return std::vector<std::string>(1, **issue);
}

Result<std::size_t>
collect(LedgerFile& file, const std::string& key, const Config& config, ChangesByRule& found) {
    auto issues = issues_of(file, key);
    if (!issues) {
        return std::move(issues).error();
    }
    const Policy policy = offline_policy(config);
    std::size_t concerned = 0;
    for (const std::string& issue : *issues) {
        const auto request = file.request(issue);
        if (!request) {
            return request.error();
        }
        if (!*request) {
            continue;
        }
        const auto changes = rule_changes(**request, config, policy);
        concerned += changes.empty() ? 0 : 1;
        for (const RuleChange& change : changes) {
            const std::string rule = (*request)->access_type + " in " + (*request)->application;
            found[rule + ": " + change.what].emplace_back(
                (*request)->issue_key, name_of(beneficiary_of(**request)), change.then
            );
        }
    }
    return concerned;
}

void write(const ChangesByRule& found, std::size_t concerned, Page& page) {
    for (const auto& [rule, requests] : found) {
        page.heading(rule);
        for (const Concerned& one : requests) {
            page.entry(one.key, column, one.beneficiary + ": " + one.then);
        }
    }
    page.heading(
        concerned == 0 ? "nothing changes for requests that are held or under way"
                       : counted(concerned, "request") + " concerned; nothing is granted by this"
    );
}

} // namespace

int plan_change(
    const PlanOptions& options,
    const std::map<std::string, std::string>& environment,
    std::ostream& out,
    std::ostream& errors
) {
    const LoadedConfig loaded = load_config(options.config, environment, SecretUse::skip);
    for (const ConfigProblem& problem : loaded.problems) {
        errors << problem.text() << "\n";
    }
    if (!loaded.config) {
        return exit_unreadable;
    }
    DatabaseSource source;
    source.config = options.config;
    source.database = options.database;
    auto file = open_ledger(source, environment);
    ChangesByRule found;
    const auto concerned =
        file ? collect(**file, options.key, *loaded.config, found) : Result<std::size_t>(file.error());
    if (!concerned) {
        errors << concerned.error().message() << "\n";
        return exit_unreadable;
    }
    Page page(out);
    write(found, *concerned, page);
    return *concerned == 0 ? 0 : exit_differs;
}

} // namespace accessd
