#include "core/support/text.hpp"
#include "tests/sandbox/entra_objects.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>

namespace accessd::sandbox {

namespace {

constexpr std::array<std::string_view, 11> user_filters = {
    "id",
    "userPrincipalName",
    "mail",
    "displayName",
    "givenName",
    "surname",
    "accountEnabled",
    "userType",
    "otherMails",
    "proxyAddresses",
    "employeeId"};
constexpr std::array<std::string_view, 8> group_filters = {
    "id",
    "displayName",
    "mail",
    "mailNickname",
    "securityEnabled",
    "mailEnabled",
    "groupTypes",
    "description"};
constexpr std::size_t most_clauses = 15;
constexpr int deepest = 8;

bool is_collection(std::string_view name) {
    return name == "otherMails" || name == "proxyAddresses" || name == "groupTypes";
}

// Recursive descent over OData's grammar (or < and < primary).
class Reader {
public:
    Reader(std::string_view text, std::string_view type) : text_(text), type_(type) {}

    std::optional<Filter> read() {
        auto filter = read_or(0);
        skip_blanks();
        if (filter && at_ < text_.size()) {
            filter.reset();
        }
        if (filter && clauses_ > most_clauses) {
            unsupported_ =
                "Too many child clauses specified in search filter expression: " + std::to_string(clauses_) +
                ". Max allowed: 15.";
            filter.reset();
        }
        return filter;
    }

    GraphReply problem() const {
        if (!unsupported_.empty()) {
            return graph_error(400, "Request_UnsupportedQuery", unsupported_);
        }
        return graph_error(
            400,
            "BadRequest",
            "Invalid filter clause: Syntax error at position " + std::to_string(at_) + " in '" +
                std::string(text_) + "'."
        );
    }

private:
    void skip_blanks() {
        while (at_ < text_.size() && text_[at_] == ' ') {
            ++at_;
        }
    }

    bool take(char wanted) {
        skip_blanks();
        if (at_ < text_.size() && text_[at_] == wanted) {
            ++at_;
            return true;
        }
        return false;
    }

    std::string_view word() {
        skip_blanks();
        const std::size_t start = at_;
        while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 ||
                                      text_[at_] == '.' || text_[at_] == '@')) {
            ++at_;
        }
        return text_.substr(start, at_ - start);
    }

    bool take_word(std::string_view wanted) {
        const std::size_t before = at_;
        if (word() == wanted) {
            return true;
        }
        at_ = before;
        return false;
    }

    std::optional<boost::json::value> literal() {
        skip_blanks();
        if (at_ >= text_.size() || text_[at_] != '\'') {
            const std::string_view bare = word();
            if (bare == "true" || bare == "false") {
                return boost::json::value(bare == "true");
            }
            return std::nullopt;
        }
        std::string out;
        for (++at_; at_ < text_.size(); ++at_) {
            if (text_[at_] != '\'') {
                out += text_[at_];
            } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '\'') {
                out += text_[at_++];
            } else {
                ++at_;
                return boost::json::value(out);
            }
        }
        return std::nullopt;
    }

    std::optional<Filter> read_or(int depth) { return read_chain(depth, "or", Filter::Kind::any_of); }

    std::optional<Filter> read_chain(int depth, std::string_view joint, Filter::Kind kind) {
        Filter chain;
        chain.kind = kind;
        do {
            auto part = kind == Filter::Kind::any_of ? read_chain(depth, "and", Filter::Kind::all_of)
                                                     : read_primary(depth);
            if (!part) {
                return std::nullopt;
            }
            chain.parts.push_back(std::move(*part));
        } while (take_word(joint));
        if (chain.parts.size() == 1) {
            Filter only = std::move(chain.parts.front());
            return only;
        }
        return chain;
    }

    std::optional<Filter> read_primary(int depth) {
        if (depth < deepest && take('(')) {
            auto inner = read_or(depth + 1);
            return inner && take(')') ? std::move(inner) : std::nullopt;
        }
        const std::string_view name = word();
        ++clauses_;
        if ((name == "startswith" || name == "startsWith") && take('(')) {
            const std::string property(word());
            auto prefix = take(',') ? literal() : std::nullopt;
            if (!prefix || !prefix->is_string() || !take(')') || !is_known(property, false)) {
                return std::nullopt;
            }
            return leaf(Filter::Kind::starts_with, property, std::move(*prefix));
        }
        if (name.empty()) {
            return std::nullopt;
        }
        if (take('/')) {
            return read_any(std::string(name));
        }
        if (!is_known(name, false)) {
            return std::nullopt;
        }
        if (take_word("in")) {
            return read_in(std::string(name));
        }
        return read_comparison(std::string(name));
    }

    std::optional<Filter> read_comparison(const std::string& name) {
        const std::string_view operation = word();
        if (operation == "ne" || operation == "not" || operation == "ge" || operation == "le") {
            unsupported_ = "The operator '" + std::string(operation) + "' is an advanced query.";
            return std::nullopt;
        }
        auto value = operation == "eq" ? literal() : std::nullopt;
        if (!value) {
            return std::nullopt;
        }
        return leaf(Filter::Kind::equals, name, std::move(*value));
    }

    std::optional<Filter> read_in(const std::string& name) {
        Filter out;
        out.kind = Filter::Kind::any_of;
        if (!take('(')) {
            return std::nullopt;
        }
        do {
            auto value = literal();
            if (!value) {
                return std::nullopt;
            }
            out.parts.push_back(leaf(Filter::Kind::equals, name, std::move(*value)));
            clauses_ += out.parts.size() > 1 ? 1 : 0;
        } while (take(','));
        return take(')') ? std::optional<Filter>(std::move(out)) : std::nullopt;
    }

    // proxyAddresses/any(p:p eq 'smtp:a@b')
    std::optional<Filter> read_any(const std::string& name) {
        if (!take_word("any") || !take('(')) {
            return std::nullopt;
        }
        const std::string_view variable = word();
        if (variable.empty() || !take(':') || !take_word(variable) || !is_known(name, true)) {
            return std::nullopt;
        }
        auto inner = read_comparison(name);
        return inner && take(')') ? std::move(inner) : std::nullopt;
    }

    bool is_known(std::string_view name, bool as_collection) {
        const bool listed =
            type_ == "User"
                ? std::find(user_filters.begin(), user_filters.end(), name) != user_filters.end()
                : std::find(group_filters.begin(), group_filters.end(), name) != group_filters.end();
        if (!listed || is_collection(name) != as_collection) {
            unsupported_ = "Unsupported or invalid query filter clause specified for property '" +
                           std::string(name) + "' of resource '" + std::string(type_) + "'.";
            return false;
        }
        return true;
    }

    static Filter leaf(Filter::Kind kind, const std::string& name, boost::json::value value) {
        Filter out;
        out.kind = kind;
        out.name = name;
        out.literal = std::move(value);
        return out;
    }

    std::string_view text_;
    std::string_view type_;
    std::size_t at_ = 0;
    std::size_t clauses_ = 0;
    std::string unsupported_;
};

} // namespace

std::optional<Filter> Filter::parse(std::string_view text, std::string_view type, GraphReply& problem) {
    Reader reader(text, type);
    auto filter = reader.read();
    if (!filter) {
        problem = reader.problem();
    }
    return filter;
}

bool Filter::compare(const boost::json::value& actual) const {
    if (actual.is_array()) {
        return std::any_of(actual.as_array().begin(), actual.as_array().end(), [this](const auto& one) {
            return compare(one);
        });
    }
    if (!actual.is_string() || !literal.is_string()) {
        return actual == literal;
    }
    const std::string_view have = actual.as_string();
    const std::string_view want = literal.as_string();
    return equals_ignoring_case(kind == Kind::starts_with ? have.substr(0, want.size()) : have, want);
}

} // namespace accessd::sandbox
