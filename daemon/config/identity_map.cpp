#include "core/support/text.hpp"
#include "daemon/config/file.hpp"
#include "daemon/config/sections.hpp"

#include <algorithm>
#include <cstddef>

namespace accessd {

namespace {

constexpr std::size_t map_limit = 16 * 1024 * 1024;
constexpr unsigned problem_limit = 20; ///< a file of another kind would be wrong on each line

class MapReader {
public:
    MapReader(unsigned file, Problems& problems) : file_(file), problems_(problems) {}

    void read(std::string_view content) {
        for (std::string_view line : split(content, '\n')) {
            ++line_;
            if (line.ends_with('\r'))
                line.remove_suffix(1);
            line = trim(line);
            if (line.empty() || line.starts_with('#'))
                continue;
            read_line(line);
            if (found_ > problem_limit)
                return;
        }
    }

    std::map<std::string, std::string> take() { return std::move(accounts_); }

private:
    void read_line(std::string_view line) {
        const std::size_t comma = line.find(',');
        if (comma == std::string_view::npos || line.find(',', comma + 1) != std::string_view::npos)
            return reject("must be \"jira account id,account\"");
        const std::string id(trim(line.substr(0, comma)));
        const std::string account(trim(line.substr(comma + 1)));
        if (!is_account_id(id))
            return reject("does not begin with a Jira account id");
        if (account.find('"') != std::string::npos)
            return reject("must not be quoted");
        if (std::string wrong = line_problem(account); !wrong.empty())
            return reject("has an account that " + wrong);
        if (const auto [first, is_new] = ids_.emplace(id, line_); !is_new)
            return reject("has the Jira account id of line " + std::to_string(first->second) + " again");
        // Two people on one account: what one of them loses the other would lose too.
        const auto [first, is_new] = lines_.emplace(ascii_lower(account), line_);
        if (!is_new)
            return reject("has the account of line " + std::to_string(first->second) + " again");
        accounts_.emplace(id, account);
    }

    static bool is_account_id(std::string_view id) {
        return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' ||
                   c == '-' || c == '_';
        });
    }

    void reject(const std::string& why) {
        ++found_;
        const bool last = found_ > problem_limit;
        problems_.add(
            Place(file_, line_, 1), last ? "more lines are wrong; the rest is not read" : "this line " + why
        );
    }

    unsigned file_;
    Problems& problems_;
    unsigned line_ = 0;
    unsigned found_ = 0;
    std::map<std::string, unsigned> ids_;
    std::map<std::string, unsigned> lines_;
    std::map<std::string, std::string> accounts_;
};

} // namespace

std::map<std::string, std::string> read_identity_map(const PlacedText& path, Problems& problems) {
    const Result<std::string> content = read_trusted_file(path.text, FileTrust::config, map_limit);
    if (!content) {
        problems.add(
            path.place, "\"map_file\" " + in_quotes(path.text, 255) + " " + content.error().message()
        );
        return {};
    }
    MapReader reader(problems.add_file(path.text), problems);
    reader.read(*content);
    return reader.take();
}

} // namespace accessd
