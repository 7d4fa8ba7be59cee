#include "tests/power_loss/rig.hpp"

#include <sqlite3.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

namespace accessd::power_loss {

namespace {

int ignore_full(void*, int action, const char* name, const char* value, const char*, const char*) {
    using namespace std::string_view_literals;
    const bool asks = action == SQLITE_PRAGMA && value != nullptr && name == "synchronous"sv;
    return asks && value == "FULL"sv ? SQLITE_IGNORE : SQLITE_OK;
}

/// Runs in every connection as it opens: whatever the product asks for, the log is not synced with a commit.
int weaken(sqlite3* database, char**, const sqlite3_api_routines*) {
    sqlite3_set_authorizer(database, ignore_full, nullptr);
    return sqlite3_exec(database, "PRAGMA synchronous=NORMAL", nullptr, nullptr, nullptr);
}

std::filesystem::path make_directory() {
    const std::filesystem::path memory("/dev/shm");
    const auto parent =
        std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    std::string name = (parent / "accessd-power-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("no temporary directory");
    }
    return name;
}

} // namespace

Rig::Rig(Mode mode) : mode_(mode), root_(make_directory()), victim_(root_ / "victim"), twin_(root_ / "twin") {
    std::filesystem::create_directory(victim_);
    std::filesystem::create_directory(twin_);
    std::filesystem::permissions(victim_, std::filesystem::perms::owner_all);
    std::filesystem::permissions(twin_, std::filesystem::perms::owner_all);
    if (mode == Mode::normal) {
        sqlite3_auto_extension(reinterpret_cast<void (*)()>(weaken));
    }
}

Rig::~Rig() {
    sqlite3_reset_auto_extension();
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
}

} // namespace accessd::power_loss
