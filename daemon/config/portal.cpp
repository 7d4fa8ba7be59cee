#include "core/support/text.hpp"
#include "daemon/config/sections.hpp"

#include <algorithm>
#include <chrono>

namespace accessd {

using namespace std::chrono_literals;

namespace {

/// Finds names that stand for two things. Jira's names are compared without regard to case.
class NameUse {
public:
    NameUse(std::string_view noun, Problems& problems) : noun_(noun), problems_(problems) {}

    void claim(const PlacedText& name, const std::string& meaning) {
        const auto [own, is_new] = claims_.emplace(ascii_lower(name.text), Claim{meaning, name.place});
        if (!is_new)
            reject(name, own->second);
    }

    void claim_all(const std::vector<PlacedText>& names, const std::string& meaning) {
        for (const PlacedText& name : names)
            claim(name, meaning);
    }

    /// A problem when the name is claimed, without claiming it.
    void expect_free(const PlacedText& name) {
        const auto found = claims_.find(ascii_lower(name.text));
        if (found != claims_.end())
            reject(name, found->second);
    }

private:
    class Claim {
    public:
        std::string meaning;
        Place place;
    };

    void reject(const PlacedText& name, const Claim& claim) {
        problems_.add(
            name.place,
            noun_ + " " + in_quotes(name.text) + " already means \"" + claim.meaning + "\" at " +
                problems_.describe(claim.place)
        );
    }

    std::string noun_;
    Problems& problems_;
    std::map<std::string, Claim> claims_;
};

std::string read_project(Section& section) {
    const PlacedText project = section.text("project", Presence::required);
    const bool is_key = !project.text.empty() && project.text.front() >= 'A' && project.text.front() <= 'Z' &&
                        std::all_of(project.text.begin(), project.text.end(), [](char c) {
                            return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
                        });
    if (project.text.empty() || is_key)
        return project.text;
    section.problems().add(
        project.place, "\"project\" must be the key of a Jira project, like \"ACC\", not its name"
    );
    return "";
}

void read_request_types(const Node& table, PortalNames& portal, Problems& problems) {
    Section section(table, "[portal.request_types]", problems);
    NameUse use("request type", problems);
    const auto grant = section.list("grant", Presence::required);
    const auto remove = section.list("remove");
    const auto change = section.list("change");
    use.claim_all(grant, "grant");
    use.claim_all(remove, "remove");
    use.claim_all(change, "change");
    portal.grant_types = plain(grant);
    portal.remove_types = plain(remove);
    portal.change_types = plain(change);
    section.finish();
}

void read_fields(const Node& table, PortalNames& portal, Problems& problems) {
    Section section(table, "[portal.fields]", problems);
    NameUse use("field", problems);
    const auto read = [&](const std::string& key, Presence presence, std::string& into) {
        const PlacedText field = section.text(key, presence);
        if (field.text.empty())
            return;
        use.claim(field, key);
        into = field.text;
    };
    read("application", Presence::required, portal.application_field);
    read("access_type", Presence::required, portal.access_type_field);
    read("old_access_type", Presence::optional, portal.old_access_type_field);
    read("approver", Presence::optional, portal.approver_field);
    read("beneficiary", Presence::optional, portal.beneficiary_field);
    read("duration", Presence::optional, portal.duration_field);
    read("reason", Presence::optional, portal.reason_field);
    section.finish();
}

void read_statuses(const Node& table, PortalNames& portal, NameUse& use, Problems& problems) {
    Section section(table, "[portal.statuses]", problems);
    const auto read = [&](const std::string& key, Presence presence, std::vector<std::string>& into) {
        const std::vector<PlacedText> statuses = section.list(key, presence);
        use.claim_all(statuses, key);
        into = plain(statuses);
    };
    read("approved", Presence::required, portal.approved_statuses);
    read("denied", Presence::optional, portal.denied_statuses);
    read("revoked", Presence::optional, portal.revoked_statuses);
    read("declined", Presence::optional, portal.declined_statuses);
    section.finish();
}

/// An outcome that is also a mapped status would have accessd act on its own transitions.
void read_outcomes(const Node& table, PortalNames& portal, NameUse& use, Problems& problems) {
    Section section(table, "[portal.outcomes]", problems);
    const auto read = [&](const std::string& key, std::string& into) {
        const PlacedText status = section.text(key);
        use.expect_free(status);
        into = status.text;
    };
    read("granted", portal.granted_outcome);
    read("removed", portal.removed_outcome);
    read("failed", portal.failed_outcome);
    section.finish();
}

} // namespace

void read_portal(const Node& table, Config& config, Reading& reading) {
    Problems& problems = reading.problems;
    Section section(table, "[portal]", problems);
    config.portal.project = read_project(section);
    config.portal.evidence = section.choice<EvidenceSource>(
        "evidence",
        config.portal.evidence,
        {{"approval", EvidenceSource::approval}, {"transition", EvidenceSource::transition}}
    );
    config.portal.comments = section.choice<Comments>(
        "comments",
        config.portal.comments,
        {{"public", Comments::public_}, {"internal", Comments::internal}, {"none", Comments::none}}
    );
    config.on_vanished = section.choice<OnVanished>(
        "on_vanished", config.on_vanished, {{"park", OnVanished::park}, {"revoke", OnVanished::revoke}}
    );
    config.vanished_grace =
        section.duration("vanished_grace", config.vanished_grace, DurationRange(1min, 24h * 90));
    config.remind_before =
        section.duration("remind_before", config.remind_before, DurationRange(0s, 24h * 90));
    if (const Node* types = section.table("request_types", Presence::required))
        read_request_types(*types, config.portal, problems);
    if (const Node* fields = section.table("fields", Presence::required))
        read_fields(*fields, config.portal, problems);
    NameUse use("status", problems);
    if (const Node* statuses = section.table("statuses", Presence::required))
        read_statuses(*statuses, config.portal, use, problems);
    if (const Node* outcomes = section.table("outcomes"))
        read_outcomes(*outcomes, config.portal, use, problems);
    section.finish();
}

} // namespace accessd
