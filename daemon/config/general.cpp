#include "core/support/text.hpp"
#include "daemon/config/sections.hpp"

#include <chrono>

namespace accessd {

using namespace std::chrono_literals;

namespace {

constexpr IntegerRange per_hour_range(1, 1'000'000);
constexpr std::string_view standard_state_dir = "/var/lib/accessd";

/// systemd lists several folders with colons; the first is ours.
std::string state_dir(const Environment& environment) {
    const std::string listed = variable(environment, "STATE_DIRECTORY");
    const std::string first = listed.substr(0, listed.find(':'));
    return first.starts_with('/') ? first : std::string(standard_state_dir);
}

std::string read_email(Section& section) {
    const PlacedText email = section.text("email", Presence::required);
    if (email.text.empty() || is_plain_email(email.text))
        return email.text;
    section.problems().add(email.place, "\"email\" must be an e-mail address");
    return "";
}

void check_deployment(Section& section) {
    const PlacedText deployment = section.text("deployment");
    if (deployment.text.empty() || deployment.text == "cloud")
        return;
    section.problems().add(
        deployment.place, "this version speaks Jira Cloud only: \"deployment\" must be \"cloud\""
    );
}

} // namespace

BrakeSettings read_brake(const Node& table, Reading& reading) {
    Section section(table, "[brake]", reading.problems);
    BrakeSettings brake;
    const auto read = [&](const std::string& key, std::size_t& into) {
        into =
            static_cast<std::size_t>(section.integer(key, static_cast<std::int64_t>(into), per_hour_range));
    };
    read("grants_per_hour", brake.grants_per_hour);
    read("revokes_per_hour", brake.revokes_per_hour);
    section.finish();
    return brake;
}

DaemonSettings read_daemon(const Node& table, Reading& reading) {
    Section section(table, "[daemon]", reading.problems);
    DaemonSettings daemon;
    const std::string dir = section.path("state_dir").text;
    daemon.state_dir = dir.empty() ? state_dir(reading.environment) : dir;
    daemon.mode =
        section.choice<Mode>("mode", daemon.mode, {{"enforce", Mode::enforce}, {"dry-run", Mode::dry_run}});
    daemon.log_level = section.choice<LogLevel>(
        "log_level",
        daemon.log_level,
        {{"debug", LogLevel::debug},
         {"info", LogLevel::info},
         {"warning", LogLevel::warning},
         {"error", LogLevel::error},
         {"critical", LogLevel::critical}}
    );
    daemon.log_format = section.choice<LogFormat>(
        "log_format",
        daemon.log_format,
        {{"auto", LogFormat::automatic},
         {"journal", LogFormat::journal},
         {"text", LogFormat::text},
         {"json", LogFormat::json}}
    );
    daemon.park_after = section.duration("park_after", daemon.park_after, DurationRange(1min, 24h * 30));
    section.finish();
    return daemon;
}

JiraSettings read_jira(const Node& table, Reading& reading) {
    Section section(table, "[jira]", reading.problems);
    JiraSettings jira;
    jira.url = read_url(section, "url", Presence::required);
    check_deployment(section);
    jira.email = read_email(section);
    jira.token = read_secret(section, "token", Presence::required, reading.secrets());
    jira.poll_interval = section.duration("poll_interval", jira.poll_interval, DurationRange(5s, 10min));
    jira.sweep_interval = section.duration("sweep_interval", jira.sweep_interval, DurationRange(1min, 24h));
    jira.ca_file = read_ca_file(section);
    section.finish();
    return jira;
}

} // namespace accessd
