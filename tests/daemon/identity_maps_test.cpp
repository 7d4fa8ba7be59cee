#include "core/support/log.hpp"
#include "daemon/identity_maps.hpp"
#include "tests/core/engine/engine_rig.hpp"
#include "tests/daemon/config_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace accessd;

namespace {

using Accounts = std::map<std::string, std::string>;

class CollectedLog {
public:
    CollectedLog() { redirect_log(&CollectedLog::collect, this); }

    CollectedLog(const CollectedLog&) = delete;
    CollectedLog& operator=(const CollectedLog&) = delete;

    ~CollectedLog() { redirect_log(nullptr, nullptr); }

    std::vector<std::string> lines;

private:
    static void collect(LogLevel, std::string_view line, void* context) {
        static_cast<CollectedLog*>(context)->lines.emplace_back(line);
    }
};

/// A running daemon's map file, and what the engine makes of it.
class MapRig {
public:
    MapRig() {
        put("712020:a,jane\n");
        loaded = folder.load(config_with(
            "allowed_domains = [\"acme.example\"]",
            "match = \"map\"\nmap_file = \"" + folder.path("accounts.csv") + "\""
        ));
        REQUIRE(loaded.config.has_value());
        rig.context().policy.config_hash = loaded.config->hash;
        identity() = loaded.config->applications.front().identity;
        maps.emplace(*loaded.config);
    }

    void put(const std::string& content) const {
        folder.write("accounts.new", content, 0644);
        std::filesystem::rename(folder.path("accounts.new"), folder.path("accounts.csv"));
    }

    void refresh() { maps->refresh(rig.context()); }

    IdentityRule& identity() { return rig.context().applications.at("Entra ID").identity; }

    std::size_t refusals() const {
        return static_cast<std::size_t>(std::count_if(
            log.lines.begin(),
            log.lines.end(),
            [](const std::string& line) { return line.starts_with("map_refused"); }
        ));
    }

    ConfigFolder folder;
    engine_test::EngineRig rig;
    LoadedConfig loaded;
    std::optional<IdentityMaps> maps;
    CollectedLog log;
};

} // namespace

TEST_CASE("map: a file that changed is taken over, and the configuration's hash with it") {
    MapRig map;
    map.refresh();
    CHECK(map.log.lines.empty());
    const std::string before = map.rig.context().policy.config_hash;
    map.put("712020:a,jane2\n712020:b,bob\n");
    map.refresh();
    CHECK(map.identity().account == Accounts{{"712020:a", "jane2"}, {"712020:b", "bob"}});
    CHECK(map.rig.context().policy.config_hash != before);
    CHECK(map.rig.context().policy.config_hash == map.folder.load().config->hash);
    map.refresh();
    REQUIRE(map.log.lines.size() == 1);
    CHECK(map.log.lines.front().starts_with("map_reloaded application=\"Entra ID\" file="));
    CHECK(map.log.lines.front().find("accounts=2") != std::string::npos);
}

TEST_CASE("map: a file that is written over in place is taken over, also when its size stays") {
    MapRig map;
    map.folder.write("accounts.csv", "712020:a,jone\n", 0644);
    map.refresh();
    CHECK(map.identity().account == Accounts{{"712020:a", "jone"}});
}

TEST_CASE("map: a bad file leaves the whole old one in force, and is named once with its line") {
    MapRig map;
    const std::string before = map.rig.context().policy.config_hash;
    map.put("712020:b,bob\n712020:c\n712020:d,dave\n712020:d,eve\n");
    map.refresh();
    map.refresh();
    CHECK(map.identity().account == Accounts{{"712020:a", "jane"}});
    CHECK(map.rig.context().policy.config_hash == before);
    REQUIRE(map.log.lines.size() == 1);
    CHECK(map.log.lines.front().find("accounts.csv:2:1: error: this line must be") != std::string::npos);
    CHECK(map.log.lines.front().find("problems=2") != std::string::npos);
    map.put("712020:c\n");
    map.refresh();
    CHECK(map.refusals() == 2);
    map.put("712020:c,carol\n");
    map.refresh();
    CHECK(map.identity().account == Accounts{{"712020:c", "carol"}});
}

TEST_CASE("map: a file that is gone, empty, cut or open to everyone changes nothing") {
    MapRig map;
    std::filesystem::remove(map.folder.path("accounts.csv"));
    map.refresh();
    map.refresh();
    CHECK(map.refusals() == 1);
    map.put("");
    map.refresh();
    CHECK(map.refusals() == 2);
    map.put("712020:b,bob\n712020:c,car");
    map.refresh();
    CHECK(map.refusals() == 3);
    map.put("712020:b,bob\n");
    std::filesystem::permissions(map.folder.path("accounts.csv"), std::filesystem::perms(0666));
    map.refresh();
    CHECK(map.refusals() == 4);
    CHECK(map.identity().account == Accounts{{"712020:a", "jane"}});
    std::filesystem::permissions(map.folder.path("accounts.csv"), std::filesystem::perms(0644));
    map.refresh();
    CHECK(map.identity().account == Accounts{{"712020:b", "bob"}});
}

TEST_CASE("map: the files are looked at before each poll, and not else") {
    engine_test::EngineRig rig;
    int looks = 0;
    int searches_before_looks = 0;
    rig.engine->before_poll = [&] {
        ++looks;
        searches_before_looks += rig.script.count("jira.search") >= looks ? 1 : 0;
    };
    rig.start();
    rig.run_for(std::chrono::minutes(1));
    CHECK(looks >= 4);
    CHECK(looks <= 5);
    CHECK(searches_before_looks == 0);
}
