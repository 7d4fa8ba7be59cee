#include "daemon/config.hpp"

#include "daemon/config/sections.hpp"

#include <algorithm>
#include <system_error>

namespace accessd {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t file_limit = 256;

/// The files of `folder` that end in ".toml", by name as the C locale sorts them. A folder that does not
/// exist has none.
std::vector<std::string> files_of(const fs::path& folder, unsigned main_file, Problems& problems) {
    std::vector<std::string> names;
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    if (error == std::errc::no_such_file_or_directory)
        return names;
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (name.ends_with(".toml") && !name.starts_with('.'))
            names.push_back(entry->path().string());
    }
    if (error)
        problems.add(Place(main_file, 0, 0), "the folder conf.d cannot be read: " + error.message());
    std::sort(names.begin(), names.end());
    if (names.size() > file_limit) {
        problems.add(Place(main_file, 0, 0), "conf.d holds more than 256 files");
        names.clear();
    }
    return names;
}

/// All files as one document; nothing when one of them cannot be read or parsed, since what is missing
/// then would only be noise.
std::optional<Node> read_files(const fs::path& file, Problems& problems) {
    const unsigned main_file = problems.add_file(file.string());
    std::optional<Node> document = parse_toml_file(file.string(), main_file, problems);
    for (const std::string& name : files_of(file.parent_path() / "conf.d", main_file, problems)) {
        std::optional<Node> more = parse_toml_file(name, problems.add_file(name), problems);
        if (document && more)
            merge(*document, std::move(*more), problems);
        else
            document.reset();
    }
    return document;
}

/// Reports top-level names that are none of ours.
void check_sections(const Node& document, Problems& problems) {
    const std::vector<std::string> known = {
        "daemon", "jira", "portal", "brake", "application", "rule", "deny", "conflict"};
    for (const Member& member : document.members) {
        if (std::find(known.begin(), known.end(), member.name) != known.end())
            continue;
        const bool is_key = member.value.kind != NodeKind::table && member.value.kind != NodeKind::list;
        problems.add(
            member.place,
            (is_key ? "unknown key " : "unknown section ") + in_quotes(member.name) +
                suggestion(member.name, known)
        );
    }
}

std::string title_of(const std::string& name) {
    if (name == "rule" || name == "deny" || name == "conflict")
        return "[[" + name + "]]";
    return name == "application" ? "[application.NAME]" : "[" + name + "]";
}

/// The section; an empty one when [daemon] or [brake] is absent, null when [[deny]] or [[conflict]] is, and
/// after a problem.
const Node* find_section(const Node& document, const std::string& name, NodeKind kind, Reading& reading) {
    static const Node empty;
    const Member* member = document.find(name);
    if (member == nullptr && (name == "daemon" || name == "brake"))
        return &empty;
    if (member == nullptr && (name == "deny" || name == "conflict"))
        return nullptr;
    if (member == nullptr) {
        reading.problems.add(Place(), "the section " + title_of(name) + " is missing");
        return nullptr;
    }
    if (member->value.kind == kind)
        return &member->value;
    reading.problems.add(member->place, in_quotes(name) + " must be a section: " + title_of(name));
    return nullptr;
}

Config read_config(const Node& document, Reading& reading) {
    Config config;
    check_sections(document, reading.problems);
    if (const Node* table = find_section(document, "daemon", NodeKind::table, reading))
        config.daemon = read_daemon(*table, reading);
    if (const Node* table = find_section(document, "jira", NodeKind::table, reading))
        config.jira = read_jira(*table, reading);
    if (const Node* table = find_section(document, "portal", NodeKind::table, reading))
        read_portal(*table, config, reading);
    if (const Node* table = find_section(document, "brake", NodeKind::table, reading))
        config.brake = read_brake(*table, reading);
    if (const Node* table = find_section(document, "application", NodeKind::table, reading))
        config.applications = read_applications(*table, reading);
    if (const Node* list = find_section(document, "rule", NodeKind::list, reading))
        config.rules = read_rules(*list, config, reading);
    if (const Node* list = find_section(document, "deny", NodeKind::list, reading))
        config.denies = read_denies(*list, config, reading);
    if (const Node* list = find_section(document, "conflict", NodeKind::list, reading))
        config.conflicts = read_conflicts(*list, config, reading);
    return config;
}

} // namespace

LoadedConfig
load_config(const fs::path& file, const std::map<std::string, std::string>& environment, SecretUse secrets) {
    Problems problems;
    Reading reading(problems, environment, secrets);
    LoadedConfig loaded;
    if (const std::optional<Node> document = read_files(file, problems)) {
        Config config = read_config(*document, reading);
        if (problems.empty()) {
            set_hashes(config);
            loaded.config = std::move(config);
        }
    }
    loaded.problems = problems.take();
    return loaded;
}

LoadedStateDir load_state_dir(const fs::path& file, const std::map<std::string, std::string>& environment) {
    Problems problems;
    Reading reading(problems, environment);
    LoadedStateDir loaded;
    if (const std::optional<Node> document = read_files(file, problems)) {
        if (const Node* table = find_section(*document, "daemon", NodeKind::table, reading))
            loaded.directory = read_daemon(*table, reading).state_dir;
    }
    loaded.problems = problems.take();
    return loaded;
}

} // namespace accessd
