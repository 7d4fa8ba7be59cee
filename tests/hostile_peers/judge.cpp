#include "tests/hostile_peers/judge.hpp"

#include "core/store/audit.hpp"
#include "core/store/sqlite_store.hpp"

#include <algorithm>
#include <map>

namespace accessd::hostile {

namespace {

// 8 MiB of body, and what lies in the buffers of two sockets and a TLS record.
constexpr std::uint64_t most_flooded = 24U << 20U;

class Court {
public:
    Court(House& house, Verdict& verdict) : house_(house), verdict_(verdict) {}

    void need(bool good, std::string what) {
        if (!good) {
            verdict_.violations.push_back(std::move(what));
        }
    }

    /// The chain, and the number of rows by code.
    std::map<std::string, int> read_rows() {
        std::map<std::string, int> rows;
        AuditChain chain;
        std::string trouble;
        const auto read = read_audit(database_file(house_.directory()), [&](const AuditRow& row) {
            const auto fits = chain.check(row);
            if (!fits) {
                trouble = fits.error().message();
            }
            ++rows[row.code];
            look_for_secrets("the audit", row.body);
            return trouble.empty();
        });
        need(read.has_value(), "the audit cannot be read");
        need(trouble.empty(), "the audit's chain is broken: " + trouble);
        return rows;
    }

    void look_for_secrets(std::string_view where, std::string_view text) {
        for (const std::string& secret : house_.secrets()) {
            need(text.find(secret) == std::string_view::npos, "a secret stands in " + std::string(where));
        }
    }

private:
    House& house_;
    Verdict& verdict_;
};

void judge_servers(Court& court, const Sightings& saw) {
    const auto evil = static_cast<std::size_t>(Host::evil);
    court.need(saw.connections[evil] == 0, "a host that nobody configured was connected to");
    court.need(saw.flooded <= most_flooded, "an endless answer was taken without a bound");
    for (const std::string& offence : saw.offences) {
        court.need(false, offence);
    }
}

void judge_words(Court& court, House& house, const std::vector<std::string>& comments) {
    for (const std::string& line : house.lines()) {
        court.look_for_secrets("the log", line);
    }
    for (const std::string& comment : comments) {
        court.look_for_secrets("a comment", comment);
    }
}

/// What each end looks like in the ticket, in Entra and in the audit.
void judge_end(
    Court& court,
    House& house,
    Story story,
    const std::vector<std::string>& comments,
    bool parked,
    std::size_t told
) {
    auto rows = court.read_rows();
    court.need(
        comments.size() == told,
        "the ticket has " + std::to_string(comments.size()) + " comments and not " + std::to_string(told)
    );
    court.need(rows["ticket.told"] == static_cast<int>(told), "the audit does not say once what was told");
    if (story == Story::unproven) {
        court.need(house.writes() == 0, "calls were made that would change a membership");
        court.need(!house.is_member(), "a membership without proof");
        court.need(rows["grant.intent"] == 0, "a grant was intended without proof");
        court.need(parked || rows["request.unproven"] >= 1, "the audit does not say why it is not believed");
        return;
    }
    if (parked) {
        court.need(rows["request.parked"] >= 1, "the audit does not say that it waits for a human");
        return;
    }
    court.need(house.is_member() == (story == Story::grant), "the membership is not as the ticket says");
    court.need(rows["request.approved"] >= 1, "the audit does not say who approved");
    court.need(rows["grant.intent"] >= 1 && rows["grant.done"] == 1, "the audit does not have the grant");
    if (story == Story::revoke) {
        court.need(
            rows["revoke.intent"] >= 1 && rows["revoke.done"] == 1, "the audit does not have the revoke"
        );
    }
}

} // namespace

bool settled(House& house, Story story) {
    return house.told() >= (story == Story::revoke ? 2 : 1);
}

Verdict judge(Stage& stage, House& house, Story story, Hope hope, const std::string& endpoint) {
    Verdict verdict;
    verdict.violations = house.violations;
    Court court(house, verdict);
    const auto comments = house.comments_of(house.ticket);
    const std::string status = house.status_of(house.ticket);
    verdict.parked = status == "Needs Attention";
    court.need(!verdict.parked || hope == Hope::refused, "the request was parked over what passes by itself");
    court.need(!verdict.parked || story != Story::revoke, "a revoke was given up");
    const std::string_view outcome = story == Story::grant ? "Access Granted" : "Access Removed";
    const bool moved = status == outcome || verdict.parked || story == Story::unproven;
    // Jira refused to move the ticket, and that is told.
    const bool may_stay = hope == Hope::refused && endpoint.ends_with("/transitions");
    court.need(moved || may_stay, "the ticket was not moved but stands at " + status);
    judge_servers(court, stage.peer.sightings());
    judge_words(court, house, comments);
    // An approver whom Jira does not know is told to be none, and may turn out to be one.
    const bool may_doubt = hope == Hope::refused && endpoint == "GET /rest/api/3/user";
    const std::size_t told = (story == Story::revoke ? 2 : 1) + (may_doubt && comments.size() == 2 ? 1 : 0);
    judge_end(court, house, story, comments, verdict.parked, told);
    return verdict;
}

} // namespace accessd::hostile
