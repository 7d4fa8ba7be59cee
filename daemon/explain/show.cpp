#include "daemon/explain/show.hpp"

#include "core/support/text.hpp"
#include "daemon/explain/open.hpp"
#include "daemon/explain/story.hpp"
#include "daemon/explain/write_story.hpp"

#include <ostream>

namespace accessd {

namespace {

constexpr int exit_unknown = 1;

} // namespace

int show_request(
    const ShowOptions& options,
    const std::map<std::string, std::string>& environment,
    std::ostream& out,
    std::ostream& errors
) {
    auto file = open_ledger(options.source, environment);
    auto story = file ? load_story(**file, options.key) : Result<std::optional<Story>>(file.error());
    if (!story) {
        errors << story.error().message() << "\n";
        return exit_unreadable;
    }
    if (!*story) {
        errors << "accessd knows nothing of " << escape_text(options.key)
               << ": it never saw that ticket in an approved, denied, revoked or declined status\n";
        return exit_unknown;
    }
    options.json ? write_story_json(**story, out) : write_story(**story, out);
    return 0;
}

} // namespace accessd
