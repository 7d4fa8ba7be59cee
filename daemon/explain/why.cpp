#include "daemon/explain/why.hpp"

#include "core/support/text.hpp"
#include "daemon/explain/open.hpp"
#include "daemon/explain/page.hpp"
#include "daemon/explain/tenure.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

namespace accessd {

namespace {

constexpr int exit_not_held = 1;
constexpr std::size_t column = 14;
constexpr std::size_t most_names = 10'000;

std::string rule_of(const Tenure& tenure) {
    std::string text = tenure.access_type + " in " + tenure.key.application;
    return text + (tenure.approver.empty() ? "" : ", approved by " + tenure.approver);
}

std::string since(const Tenure& tenure) {
    return tenure.since ? "since " + format_utc(*tenure.since) : "granted at a time that is not recorded";
}

std::string why(const Tenure& tenure) {
    return tenure.why.empty() ? "" : ": " + tenure.why;
}

std::string stayed(const std::string& because) {
    return because == "preexisting"    ? "; the membership stayed: it was there before accessd granted it"
           : because == "not_replaced" ? "; the membership stayed: its replacement was not granted"
                                       : "; the membership stayed, justified by " + because;
}

std::string ended(const Tenure& tenure) {
    if (!tenure.ended) {
        return "not held";
    }
    std::string text = tenure.since ? "held " + since(tenure) + ", ended " : "ended ";
    text += format_utc(*tenure.ended) + why(tenure);
    const bool told = tenure.target && !tenure.target->kept_because.empty();
    return text + (told            ? stayed(tenure.target->kept_because)
                   : tenure.stayed ? "; the membership stayed"
                                   : "");
}

std::string standing(const Tenure& tenure) {
    if (!tenure.target) {
        return ended(tenure);
    }
    const Target& target = *tenure.target;
    const std::string trouble =
        target.error_message.empty() ? "" : ": " + target.error_message + " [" + target.error_code + "]";
    switch (target.state) {
    case TargetState::held:
        return "held " + since(tenure) + ", " +
               (target.expires_at ? "until " + format_utc(*target.expires_at) : "without an end");
    case TargetState::leaving:
        return "held " + since(tenure) + ", until what replaces it is granted";
    case TargetState::wanted:
        return "not granted yet" + trouble;
    case TargetState::ending:
        return "being taken away" + trouble;
    case TargetState::refused:
        return "not granted" + trouble;
    case TargetState::gone:
    case TargetState::kept:
        return ended(tenure);
    }
    return "";
}

void write(const Tenure& tenure, Page& page) {
    page.entry(tenure.issue_key, column, rule_of(tenure));
    page.entry("", column, standing(tenure));
    page.entry(
        "",
        column,
        tenure.entitlement_name + " (" + tenure.key.entitlement + ") of account " + tenure.key.account
    );
}

std::string asked(const HoldingQuestion& question) {
    return question.entitlement + (question.application.empty() ? "" : " in " + question.application);
}

Result<int> say_unknown(LedgerFile& file, const HoldingQuestion& question, Page& page) {
    auto names = file.entitlement_names(most_names);
    if (!names) {
        return std::move(names).error();
    }
    const bool known = std::find(names->begin(), names->end(), question.entitlement) != names->end();
    const std::string near(known ? std::string_view() : nearest(question.entitlement, *names));
    page.heading(
        "accessd knows nothing of " + question.user + " and " + asked(question) +
        ": no request was about it" + (near.empty() ? "" : "; did you mean " + near + "?")
    );
    return exit_not_held;
}

Result<int> explain(LedgerFile& file, const HoldingQuestion& question, Page& page) {
    auto tenures = find_tenures(file, question);
    if (!tenures) {
        return std::move(tenures).error();
    }
    if (tenures->empty()) {
        return say_unknown(file, question, page);
    }
    const auto others = std::stable_partition(tenures->begin(), tenures->end(), holds);
    const bool held = others != tenures->begin();
    page.heading(
        question.user + (held ? " holds " : " does not hold ") + asked(question) + " through accessd"
    );
    for (const Tenure& tenure : *tenures) {
        write(tenure, page);
    }
    page.heading("These are accessd's records; it did not look into the application.");
    return held ? 0 : exit_not_held;
}

} // namespace

int explain_holding(
    const WhyOptions& options,
    const std::map<std::string, std::string>& environment,
    std::ostream& out,
    std::ostream& errors
) {
    Page page(out);
    auto file = open_ledger(options.source, environment);
    const auto status = file ? explain(**file, options.question, page) : Result<int>(file.error());
    if (!status) {
        errors << status.error().message() << "\n";
        return exit_unreadable;
    }
    return *status;
}

} // namespace accessd
