#pragma once

#include "daemon/explain/story.hpp"

#include <iosfwd>

namespace accessd {

/// For people: at most 100 columns, everything escaped.
void write_story(const Story& story, std::ostream& out);

/// For programs: one line, ASCII. docs/explain.md has its members.
void write_story_json(const Story& story, std::ostream& out);

} // namespace accessd
