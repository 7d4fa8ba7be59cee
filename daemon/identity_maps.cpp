#include "daemon/identity_maps.hpp"

#include "core/support/log.hpp"
#include "daemon/config/sections.hpp"

#include <cstdint>
#include <utility>
#include <vector>

namespace accessd {

void IdentityMaps::refresh(EngineContext& context) {
    std::vector<const ApplicationSettings*> news;
    for (ApplicationSettings& application : config_.applications) {
        if (!application.map_file.empty() && refresh(application)) {
            news.push_back(&application);
        }
    }
    if (news.empty()) {
        return;
    }
    set_hashes(config_);
    context.policy.config_hash = config_.hash;
    for (const ApplicationSettings* const settings : news) {
        if (Application* const application = context.application(settings->name)) {
            application->identity.account = settings->identity.account;
        }
        log(LogLevel::info,
            "map_reloaded",
            {{"application", settings->name},
             {"file", settings->map_file},
             {"accounts", static_cast<std::int64_t>(settings->identity.account.size())},
             {"config", config_.hash}});
    }
}

/// True when it has new accounts.
bool IdentityMaps::refresh(ApplicationSettings& application) {
    const FileMark mark = mark_of_file(application.map_file);
    if (mark == application.map_mark) {
        refused_.erase(application.name);
        return false;
    }
    const auto told = refused_.find(application.name);
    if (told != refused_.end() && told->second == mark) {
        return false;
    }
    Problems problems;
    PlacedText path;
    path.text = application.map_file;
    path.place.file = problems.add_file(application.map_file);
    IdentityMap map = read_identity_map(path, problems);
    const std::vector<ConfigProblem> found = problems.take();
    if (!found.empty()) {
        refused_.insert_or_assign(application.name, mark);
        log(LogLevel::error,
            "map_refused",
            {{"application", application.name},
             {"problem", found.front().text()},
             {"problems", static_cast<std::int64_t>(found.size())},
             {"advice", "the accounts of the last good file stay in force; correct this one"}});
        return false;
    }
    refused_.erase(application.name);
    application.identity.account = std::move(map.account);
    application.map_mark = map.mark;
    return true;
}

} // namespace accessd
