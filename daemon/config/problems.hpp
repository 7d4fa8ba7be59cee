#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace accessd {

class ConfigProblem;

/// A position in one of the files that make up the configuration.
class Place {
public:
    Place() = default;

    Place(unsigned file_number, unsigned line_number, unsigned column_number)
        : file(file_number), line(line_number), column(column_number) {}

    unsigned file = 0; ///< what Problems::add_file returned
    unsigned line = 0; ///< from 1; 0: the file as a whole
    unsigned column = 0;
};

/// Collects everything that is wrong.
class Problems {
public:
    Problems() = default;

    /// Makes a file known. Problems are reported in the order in which their files were added.
    unsigned add_file(std::string name);
    void add(Place place, std::string message);

    /// "/etc/accessd/accessd.toml:12:3", to point at another place from within a message.
    std::string describe(Place place) const;

    bool empty() const { return found_.empty(); }

    /// All of them, ordered by file, line and column.
    std::vector<ConfigProblem> take();

private:
    std::vector<std::string> files_;
    std::vector<std::pair<Place, std::string>> found_;
};

/// Text from outside for a message: in double quotes, escaped and cut to `limit` bytes.
std::string in_quotes(std::string_view text, std::size_t limit = 64);

/// "a", "b", "c" - for "known are ..." in a message.
std::string in_quotes(const std::vector<std::string>& names);

/// `; did you mean "mode"?`, or `; known are ...` when nothing is near `word`.
std::string suggestion(std::string_view word, const std::vector<std::string>& names);

} // namespace accessd
