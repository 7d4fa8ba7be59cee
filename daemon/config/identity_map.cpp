#include "core/support/text.hpp"
#include "daemon/config/sections.hpp"

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <utility>

namespace accessd {

namespace {

constexpr std::size_t map_limit = 16 * 1024 * 1024;
constexpr unsigned problem_limit = 20; ///< a file of another kind would be wrong on each line
constexpr std::string_view header_id = "jira_account_id";
constexpr std::string_view header_account = "account";

class MapReader {
public:
    MapReader(unsigned file, Problems& problems) : file_(file), problems_(problems) {}

    void read(std::string_view content) {
        // Spreadsheets begin a file in UTF-8 with the mark of byte order.
        if (content.starts_with("\xef\xbb\xbf"))
            content.remove_prefix(3);
        const bool whole = content.ends_with('\n');
        if (whole)
            content.remove_suffix(1);
        const std::vector<std::string_view> lines = split(content, '\n');
        for (std::string_view line : lines) {
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
        // Half an account may be somebody else's.
        if (!whole)
            reject("has no line break at its end: the file may be cut short");
    }

    std::map<std::string, std::string> take() { return std::move(accounts_); }

private:
    void read_line(std::string_view line) {
        const bool first_line = std::exchange(first_line_, false);
        const std::size_t comma = line.find(',');
        if (comma == std::string_view::npos || line.find(',', comma + 1) != std::string_view::npos)
            return reject("must be \"jira account id,account\"");
        const std::string_view id = trim(line.substr(0, comma));
        const std::string_view account = trim(line.substr(comma + 1));
        if (first_line && id == header_id && account == header_account)
            return;
        if (!is_account_id(id))
            return reject("does not begin with a Jira account id");
        if (account.find('"') != std::string_view::npos)
            return reject("must not be quoted");
        if (std::string wrong = line_problem(account); !wrong.empty())
            return reject("has an account that " + wrong);
        if (!is_visible_ascii(account))
            return reject("has an account that is not plain ASCII without blanks");
        if (const auto [first, is_new] = ids_.emplace(id, line_); !is_new)
            return reject("has the Jira account id of line " + std::to_string(first->second) + " again");
        // Two people on one account: what one of them loses the other would lose too.
        const auto [first, is_new] = lines_.emplace(ascii_lower(account), line_);
        if (!is_new)
            return reject("has the account of line " + std::to_string(first->second) + " again");
        accounts_.emplace(id, account);
    }

    static bool is_account_id(std::string_view id) {
        const bool plain = std::all_of(id.begin(), id.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' ||
                   c == '-' || c == '_';
        });
        return plain && !id.empty() && id.size() <= 128 && id != header_id;
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
    bool first_line_ = true;
    std::unordered_map<std::string_view, unsigned> ids_; ///< views of the content
    std::unordered_map<std::string, unsigned> lines_;
    std::map<std::string, std::string> accounts_;
};

} // namespace

IdentityMap read_identity_map(const PlacedText& path, Problems& problems) {
    IdentityMap map;
    const Result<std::string> content = read_trusted_file(path.text, FileTrust::config, map_limit, map.mark);
    const std::string wrong = !content ? content.error().message() : content->empty() ? "is empty" : "";
    if (!wrong.empty()) {
        problems.add(path.place, "\"map_file\" " + in_quotes(path.text, 255) + " " + wrong);
        return map;
    }
    MapReader reader(problems.add_file(path.text), problems);
    reader.read(*content);
    map.account = reader.take();
    return map;
}

} // namespace accessd
