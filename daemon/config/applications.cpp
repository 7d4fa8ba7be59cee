#include "core/support/text.hpp"
#include "daemon/config/sections.hpp"

#include <algorithm>

namespace accessd {

namespace {

std::vector<std::string> systems() {
    std::vector<std::string> names;
    for (const ProviderSpec& spec : provider_catalog())
        names.emplace_back(spec.system);
    return names;
}

const ProviderSpec* read_provider(Section& section) {
    const PlacedText name = section.text("provider", Presence::required);
    if (name.text.empty())
        return nullptr;
    const ProviderSpec* spec = find_provider(name.text);
    if (spec == nullptr)
        section.problems().add(
            name.place, "there is no provider " + in_quotes(name.text) + suggestion(name.text, systems())
        );
    return spec;
}

ProviderSettings read_settings(Section& section, const ProviderSpec& spec, const SecretPlaces& places) {
    ProviderSettings settings;
    for (const SettingSpec& setting : spec.settings) {
        const std::string key(setting.name);
        const Presence presence = setting.required ? Presence::required : Presence::optional;
        if (setting.kind == SettingKind::secret) {
            Secret secret = read_secret(section, key, presence, places);
            if (!secret.empty())
                settings.secrets.emplace(key, std::move(secret));
            continue;
        }
        std::string value = setting.kind == SettingKind::url ? read_url(section, key, presence)
                                                             : section.text(key, presence).text;
        if (value.empty())
            value = std::string(setting.standard);
        if (!value.empty())
            settings.texts.emplace(key, std::move(value));
    }
    return settings;
}

bool is_domain(std::string_view text) {
    return text.find('.') != std::string_view::npos && is_plain_email("a@" + std::string(text));
}

void read_domains(Section& section, IdentityRule& identity) {
    for (const PlacedText& domain : section.list("allowed_domains", Presence::required)) {
        if (is_domain(domain.text))
            identity.allowed_domains.push_back(ascii_lower(domain.text));
        else
            section.problems().add(
                domain.place, "\"allowed_domains\" must hold domains like \"acme.example\""
            );
    }
}

void refuse(Section& section, const std::string& key, const std::string& why) {
    if (const Member* member = section.find(key))
        section.problems().add(member->place, in_quotes(key) + " " + why);
}

void read_identity(
    const Node& table, const std::string& title, ApplicationSettings& application, Reading& reading
) {
    Section section(table, title, reading.problems);
    IdentityRule& identity = application.identity;
    identity.match = section.choice<IdentityMatch>(
        "match", identity.match, {{"email", IdentityMatch::email}, {"map", IdentityMatch::map}}
    );
    const bool by_email = identity.match == IdentityMatch::email;
    const PlacedText path = section.path("map_file", by_email ? Presence::optional : Presence::required);
    if (!path.text.empty()) {
        IdentityMap map = read_identity_map(path, reading.problems);
        identity.account = std::move(map.account);
        application.map_file = path.text;
        application.map_mark = map.mark;
    }
    if (by_email)
        read_domains(section, identity);
    else
        refuse(section, "allowed_domains", "goes with match = \"email\" only");
    identity.portal_customers = section.boolean("portal_customers", false);
    section.finish();
}

ApplicationSettings read_application(const Member& member, Reading& reading) {
    ApplicationSettings application;
    application.name = member.name;
    // The name in a header is written as TOML writes it: bare when it can be.
    const std::string title = "application." + in_quotes(member.name);
    if (std::string wrong = line_problem(member.name); !wrong.empty())
        reading.problems.add(member.place, "the name of an application " + wrong);
    if (member.value.kind != NodeKind::table) {
        reading.problems.add(member.place, in_quotes(member.name) + " must be a section: [" + title + "]");
        return application;
    }
    Section section(member.value, "[" + title + "]", reading.problems);
    application.provider = read_provider(section);
    application.owner = section.text("owner").text;
    application.ca_file = read_ca_file(section);
    if (const Node* identity = section.table("identity", Presence::required))
        read_identity(*identity, "[" + title + ".identity]", application, reading);
    // Without a provider nothing says which other keys are right.
    if (application.provider == nullptr)
        return application;
    application.settings = read_settings(section, *application.provider, reading.secrets());
    application.settings.application = application.name;
    section.finish();
    return application;
}

} // namespace

std::vector<ApplicationSettings> read_applications(const Node& table, Reading& reading) {
    std::vector<ApplicationSettings> applications;
    if (table.members.empty())
        reading.problems.add(table.place, "there must be at least one application");
    std::map<std::string, Place> seen;
    for (const Member& member : table.members) {
        const auto [first, is_new] = seen.emplace(ascii_lower(member.name), member.place);
        if (!is_new)
            reading.problems.add(
                member.place,
                "application " + in_quotes(member.name) + " differs only in case from the one at " +
                    reading.problems.describe(first->second)
            );
        applications.push_back(read_application(member, reading));
    }
    std::sort(applications.begin(), applications.end(), [](const auto& left, const auto& right) {
        return left.name < right.name;
    });
    return applications;
}

} // namespace accessd
