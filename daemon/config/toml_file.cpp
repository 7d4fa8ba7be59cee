#include "core/support/text.hpp"
#include "daemon/config/document.hpp"
#include "daemon/config/file.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace accessd {

namespace {

constexpr std::size_t size_limit = 1024 * 1024;
constexpr std::size_t depth_limit = 16;

/// How deep the values of a document may nest, found without recursion. toml++ bounds brackets but not
/// dotted keys, and "a.a.a..." makes it overflow the stack when the tables are destroyed.
class DepthScan {
public:
    explicit DepthScan(std::string_view text) : text_(text) {}

    /// The first place that is deeper than `limit`.
    std::optional<std::pair<unsigned, unsigned>> deeper_than(std::size_t limit) {
        while (at_ < text_.size()) {
            step();
            if (brackets_ + dots_ > limit)
                return std::pair(line_, static_cast<unsigned>(at_ - line_start_));
        }
        return std::nullopt;
    }

private:
    void step() {
        const char c = text_[at_];
        if (c == '#') {
            at_ = std::min(text_.find('\n', at_), text_.size());
            return;
        }
        if (c == '"' || c == '\'') {
            skip_string(c);
            return;
        }
        ++at_;
        if (c == '\n') {
            ++line_;
            line_start_ = at_;
            dots_ = 0;
        } else if (c == '[' || c == '{') {
            ++brackets_;
        } else if (c == ']' || c == '}') {
            brackets_ -= brackets_ > 0 ? 1 : 0;
        } else if (c == '.') {
            ++dots_;
        } else if (c == ',') {
            dots_ = 0;
        }
    }

    void skip_string(char quote) {
        const bool multi_line = text_.substr(at_, 3) == std::string(3, quote);
        at_ += multi_line ? 3 : 1;
        for (; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (c == '\\' && quote == '"') {
                ++at_;
            } else if (c == quote && (!multi_line || text_.substr(at_, 3) == std::string(3, quote))) {
                at_ += multi_line ? 3 : 1;
                // Two quotes before the closing three are content: """a""""".
                for (int more = 0; multi_line && more < 2 && text_.substr(at_).starts_with(quote); ++more)
                    ++at_;
                return;
            }
            if (at_ < text_.size() && text_[at_] == '\n') {
                if (!multi_line)
                    return;
                ++line_;
                line_start_ = at_ + 1;
            }
        }
        at_ = std::min(at_, text_.size());
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t brackets_ = 0;
    std::size_t dots_ = 0;
    unsigned line_ = 1;
    std::size_t line_start_ = 0;
};

Place place_of(const toml::source_region& source, unsigned file) {
    return Place(file, source.begin.line, source.begin.column);
}

Node converted(const toml::node& source, unsigned file);

Node converted_table(const toml::table& source, unsigned file) {
    Node node;
    node.closed = source.is_inline();
    for (const auto& [key, value] : source) {
        Member member;
        member.name = std::string(key.str());
        member.place = place_of(key.source(), file);
        member.value = converted(value, file);
        node.members.push_back(std::move(member));
    }
    return node;
}

Node converted_list(const toml::array& source, unsigned file) {
    Node node;
    node.kind = NodeKind::list;
    for (const toml::node& item : source)
        node.items.push_back(converted(item, file));
    return node;
}

Node converted(const toml::node& source, unsigned file) {
    Node node;
    if (const toml::table* table = source.as_table()) {
        node = converted_table(*table, file);
    } else if (const toml::array* list = source.as_array()) {
        node = converted_list(*list, file);
    } else if (const auto* text = source.as_string()) {
        node.kind = NodeKind::text;
        node.text = text->get();
    } else if (const auto* boolean = source.as_boolean()) {
        node.kind = NodeKind::boolean;
        node.boolean = boolean->get();
    } else if (const auto* integer = source.as_integer()) {
        node.kind = NodeKind::integer;
        node.integer = integer->get();
    } else {
        node.kind = NodeKind::other;
    }
    node.place = place_of(source.source(), file);
    return node;
}

/// The parser's description without what it quotes from the file, which may be a secret that lost its
/// quotes. Names of keys stay.
std::string bounded_description(std::string_view description) {
    constexpr std::string_view opening = "Error while parsing ";
    if (description.starts_with(opening))
        description.remove_prefix(opening.size());
    description = description.substr(0, description.find(", saw"));
    const std::size_t quote = description.find('\'');
    const bool quotes_no_value = description.find("expected ") != std::string_view::npos ||
                                 description.find("cannot redefine ") != std::string_view::npos;
    std::string shown = "not valid TOML: ";
    if (quote == std::string_view::npos || quotes_no_value)
        return shown + escape_text(description, 200);
    return shown + escape_text(description.substr(0, quote), 200) + "this is no value";
}

} // namespace

std::optional<Node> parse_toml_file(const std::string& path, unsigned file, Problems& problems) {
    Result<std::string> content = read_trusted_file(path, FileTrust::config, size_limit);
    if (!content) {
        problems.add(Place(file, 0, 0), "this file " + content.error().message());
        return std::nullopt;
    }
    if (const auto deep = DepthScan(*content).deeper_than(depth_limit)) {
        problems.add(Place(file, deep->first, deep->second), "values are nested too deeply here");
        return std::nullopt;
    }
    try {
        const toml::table table = toml::parse(std::string_view(*content));
        return converted(table, file);
    } catch (const toml::parse_error& error) {
        problems.add(place_of(error.source(), file), bounded_description(error.description()));
    } catch (const std::exception&) {
        problems.add(Place(file, 0, 0), "this file cannot be parsed as TOML");
    }
    return std::nullopt;
}

} // namespace accessd
