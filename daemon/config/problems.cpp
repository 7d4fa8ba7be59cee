#include "daemon/config/problems.hpp"

#include "core/support/text.hpp"
#include "daemon/config.hpp"

#include <algorithm>
#include <tuple>

namespace accessd {

namespace {

std::string position(const std::string& file, unsigned line, unsigned column) {
    if (line == 0)
        return file;
    return file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

} // namespace

std::string ConfigProblem::text() const {
    return position(file, line, column) + ": error: " + message;
}

unsigned Problems::add_file(std::string name) {
    files_.push_back(escape_text(name, 4096));
    return static_cast<unsigned>(files_.size() - 1);
}

void Problems::add(Place place, std::string message) {
    found_.emplace_back(place, std::move(message));
}

std::string Problems::describe(Place place) const {
    return position(files_[place.file], place.line, place.column);
}

std::vector<ConfigProblem> Problems::take() {
    std::stable_sort(found_.begin(), found_.end(), [](const auto& left, const auto& right) {
        const Place& a = left.first;
        const Place& b = right.first;
        return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
    });
    std::vector<ConfigProblem> problems;
    for (auto& [place, message] : found_) {
        ConfigProblem problem;
        problem.file = files_[place.file];
        problem.line = place.line;
        problem.column = place.column;
        problem.message = std::move(message);
        problems.push_back(std::move(problem));
    }
    found_.clear();
    return problems;
}

std::string in_quotes(std::string_view text, std::size_t limit) {
    return "\"" + escape_text(text, limit) + "\"";
}

std::string in_quotes(const std::vector<std::string>& names) {
    std::string list;
    for (const std::string& name : names)
        list += (list.empty() ? "" : ", ") + in_quotes(name);
    return list;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& names) {
    const std::string_view near = nearest(word, names);
    if (!near.empty())
        return "; did you mean " + in_quotes(near) + "?";
    return names.empty() ? std::string() : "; known are " + in_quotes(names);
}

} // namespace accessd
