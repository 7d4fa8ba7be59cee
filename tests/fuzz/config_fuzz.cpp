// Any file (and the map file behind a line "%%%%") is either a configuration whose values are within their
// promises, or a list of problems, each with a place that exists in the file; no secret is in it, and reading
// again gives the same.
#include "core/http/https_url.hpp"
#include "daemon/config.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdlib.h>
#include <string>

using namespace accessd;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view secret = "s3cr3t-t0ken-0f-jira";

/// One folder for the life of the process.
class Folder {
public:
    Folder() {
        std::string name = (fs::temp_directory_path() / "accessd-fuzz-XXXXXX").string();
        fuzz::must(::mkdtemp(name.data()) != nullptr, "a folder for the configuration");
        path_ = name;
        environment["CREDENTIALS_DIRECTORY"] = name;
        for (const char* credential : {"jira-token", "entra-secret"}) {
            write(credential, secret);
        }
        write("map.csv", "");
    }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }

    /// In the configuration "/MAP" stands for the map file's path.
    LoadedConfig load(std::string_view configuration, std::string_view map) const {
        constexpr std::string_view placeholder = "\"/MAP\"";
        std::string content(configuration);
        if (const std::size_t at = content.find(placeholder); at != std::string::npos) {
            content.replace(at, placeholder.size(), '"' + (path_ / "map.csv").string() + '"');
        }
        write("accessd.toml", content);
        write("map.csv", map);
        return load_config(path_ / "accessd.toml", environment);
    }

    std::map<std::string, std::string> environment;

private:
    void write(const std::string& name, std::string_view content) const {
        const bool fresh = !fs::exists(path_ / name);
        std::ofstream(path_ / name, std::ios::binary | std::ios::trunc) << content;
        if (fresh) {
            fs::permissions(path_ / name, fs::perms(0600));
        }
    }

    fs::path path_;
};

void check_problem(const ConfigProblem& problem, std::string_view content) {
    const std::string text = problem.text();
    std::string place = problem.file;
    if (problem.line > 0) {
        place += ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column);
        const bool own_file = problem.file.ends_with("/accessd.toml");
        const auto lines = static_cast<std::size_t>(std::count(content.begin(), content.end(), '\n')) + 1;
        fuzz::must(!own_file || problem.line <= lines + 1, "a problem is on a line of the file", text);
        fuzz::must(problem.column > 0, "a problem has a column", text);
    }
    fuzz::must(
        text.starts_with(place + ": error: ") && !problem.message.empty(), "a problem has its form", text
    );
    fuzz::must(fuzz::is_printable(text), "a problem can be printed", text);
    fuzz::must(text.size() < 16 * 1024, "a problem is bounded", text);
    const bool told =
        content.find(secret) == std::string_view::npos && text.find(secret) != std::string::npos;
    fuzz::must(!told, "no problem tells a secret", text);
}

void check_config(const Config& config) {
    fuzz::must(parse_https_url(config.jira.url).has_value(), "jira.url can be called", config.jira.url);
    fuzz::must(config.jira.poll_interval > 0s && config.jira.sweep_interval > 0s, "intervals are not zero");
    fuzz::must(config.daemon.park_after > 0s && config.vanished_grace >= 0s, "nor are times to wait");
    fuzz::must(!config.applications.empty() && !config.rules.empty(), "there is something to do");
    fuzz::must(config.hash.size() == 16, "a configuration has its hash", config.hash);
    for (const ApplicationSettings& application : config.applications) {
        fuzz::must(
            application.provider != nullptr && !application.name.empty(), "an application has a provider"
        );
    }
    for (const AccessRule& rule : config.rules) {
        const bool known =
            std::any_of(config.applications.begin(), config.applications.end(), [&](const auto& one) {
                return one.name == rule.application;
            });
        fuzz::must(
            known && !rule.groups.empty() && rule.hash.size() == 16, "a rule is whole", rule.application
        );
        fuzz::must(!rule.approvers.users.empty() || !rule.approvers.groups.empty(), "somebody may approve");
        const auto& approvers = rule.approvers;
        fuzz::must(
            approvers.minimum >= 1 &&
                (!approvers.groups.empty() || approvers.minimum <= approvers.users.size()),
            "there are as many approvers as must approve"
        );
        fuzz::must(
            approvers.minimum == 1 || config.portal.evidence == EvidenceSource::approval,
            "a transition is one person's"
        );
        fuzz::must(!rule.requesters || !rule.requesters->empty(), "somebody may ask");
        fuzz::must(!rule.require_reason || !config.portal.reason_field.empty(), "a reason can be read");
        fuzz::must(!rule.max_duration || *rule.max_duration > 0s, "a lease has a length");
    }
}

void check_denies(const Config& config) {
    for (const DenyRule& deny : config.denies) {
        const bool named = !deny.application.empty() || !deny.access_type.empty() || !deny.people.empty();
        fuzz::must(named, "a deny rule does not deny everything");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Folder folder;
    constexpr std::string_view separator = "\n%%%%\n";
    const std::string_view input = fuzz::as_text(data, size);
    const std::size_t end = std::min(input.find(separator), input.size());
    const std::string_view content = input.substr(0, end);
    const std::string_view map = input.substr(std::min(end + separator.size(), input.size()));
    const LoadedConfig loaded = folder.load(content, map);
    fuzz::must(loaded.config.has_value() == loaded.problems.empty(), "a configuration or problems");
    for (const ConfigProblem& problem : loaded.problems) {
        check_problem(problem, content);
    }
    if (loaded.config) {
        check_config(*loaded.config);
        check_denies(*loaded.config);
        const LoadedConfig again = folder.load(content, map);
        fuzz::must(again.config && again.config->hash == loaded.config->hash, "the hash is the meaning's");
    }
    return 0;
}
