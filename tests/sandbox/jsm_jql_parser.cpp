#include "core/support/text.hpp"
#include "tests/sandbox/jsm_jql.hpp"
#include "tests/sandbox/jsm_jql_scanner.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace accessd::sandbox::jsm {

namespace {

using Kind = Jql::Kind;

bool is_integer(const Token& token) {
    return !token.quoted && parse_integer(token.text).has_value();
}

class Parser {
public:
    Parser(State& state, const User* caller, std::string_view text, TimePoint now)
        : state_(state), caller_(caller), now_(now), scanner_(text) {
        advance();
    }

    Jql query() {
        Jql jql;
        if (token_.end() || token_.is("order")) {
            throw Refused(
                "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
            );
        }
        jql.where = disjunction(0);
        if (token_.is("order")) {
            advance();
            expect("by");
            order(jql);
        }
        if (!token_.end()) {
            unexpected();
        }
        if (!unknown_.empty()) {
            throw Refused(unknown_);
        }
        return jql;
    }

private:
    void advance() { token_ = scanner_.next(); }

    [[noreturn]] void unexpected() {
        throw Refused(
            "Error in the JQL Query: Expecting an operator, a field or the end of the query but got '" +
            token_.text + "'. (line 1, character " + std::to_string(token_.at + 1) + ")"
        );
    }

    void expect(std::string_view word) {
        if (!token_.is(word)) {
            unexpected();
        }
        advance();
    }

    Jql::Node disjunction(int depth) {
        Jql::Node node;
        node.kind = Kind::any;
        node.children.push_back(conjunction(depth));
        while (token_.is("or") || token_.is("||")) {
            advance();
            node.children.push_back(conjunction(depth));
        }
        return node.children.size() == 1 ? std::move(node.children.front()) : std::move(node);
    }

    Jql::Node conjunction(int depth) {
        Jql::Node node;
        node.children.push_back(factor(depth));
        while (token_.is("and") || token_.is("&&")) {
            advance();
            node.children.push_back(factor(depth));
        }
        return node.children.size() == 1 ? std::move(node.children.front()) : std::move(node);
    }

    Jql::Node factor(int depth) {
        if (depth > 20) {
            throw Refused("Error in the JQL Query: it is nested too deeply.");
        }
        if (token_.is("not")) {
            advance();
            return negated(factor(depth + 1));
        }
        if (token_.is("(")) {
            advance();
            Jql::Node node = disjunction(depth + 1);
            expect(")");
            return node;
        }
        return clause();
    }

    static Jql::Node negated(Jql::Node inner) {
        Jql::Node node;
        node.kind = Kind::not_;
        node.children.push_back(std::move(inner));
        return node;
    }

    Kind field() {
        class Named {
        public:
            std::string_view name;
            Kind kind;
        };

        constexpr std::array names = {
            Named{"project", Kind::project},
            Named{"status", Kind::status},
            Named{"id", Kind::id},
            Named{"issue", Kind::id},
            Named{"key", Kind::id},
            Named{"issuekey", Kind::id},
            Named{"reporter", Kind::reporter},
            Named{"updated", Kind::updated},
            Named{"updatedDate", Kind::updated},
            Named{"created", Kind::created},
            Named{"createdDate", Kind::created},
        };
        if (token_.end() || token_.is(")") || token_.is(",")) {
            unexpected();
        }
        const auto* found = std::ranges::find_if(names, [this](const Named& named) {
            return equals_ignoring_case(named.name, token_.text);
        });
        if (found == names.end()) {
            throw Refused(
                "Field '" + token_.text + "' does not exist or you do not have permission to view it."
            );
        }
        name_ = std::string(token_.text);
        advance();
        return found->kind;
    }

    Jql::Node clause() {
        Jql::Node node;
        node.kind = field();
        bool negative = false;
        if (token_.is("not")) {
            advance();
            negative = true;
            if (!token_.is("in")) {
                unexpected();
            }
        }
        if (token_.is("in")) {
            advance();
            list(node);
        } else {
            comparison(node, negative);
        }
        return negative ? negated(std::move(node)) : std::move(node);
    }

    void list(Jql::Node& node) {
        if (is_date(node)) {
            throw Refused("The operator 'in' is not supported by the '" + name_ + "' field.");
        }
        expect("(");
        while (true) {
            value(node);
            if (!token_.is(",")) {
                break;
            }
            advance();
        }
        expect(")");
    }

    static bool is_date(const Jql::Node& node) {
        return node.kind == Kind::updated || node.kind == Kind::created;
    }

    void comparison(Jql::Node& node, bool& negative) {
        const std::string sign = token_.quoted ? "" : token_.text;
        if (sign == "!=") {
            negative = true;
        } else if (sign == "<=" || sign == ">=") {
            node.comparison = sign == "<=" ? '[' : ']';
        } else if (sign == "<" || sign == ">") {
            node.comparison = sign.front();
        } else if (sign != "=") {
            unexpected();
        }
        if (node.comparison != '=' && !is_date(node) && node.kind != Kind::id) {
            throw Refused("The operator '" + sign + "' is not supported by the '" + name_ + "' field.");
        }
        advance();
        value(node);
    }

    void value(Jql::Node& node) {
        if (token_.end() || token_.is("(") || token_.is(")") || token_.is(",")) {
            unexpected();
        }
        switch (node.kind) {
        case Kind::project:
            project(node);
            break;
        case Kind::status:
            status(node);
            break;
        case Kind::reporter:
            reporter(node);
            break;
        case Kind::id:
            id(node);
            break;
        default:
            node.bound = moment().time_since_epoch().count();
            break;
        }
        advance();
    }

    /// Jira reports what is not there only when the query is well formed.
    void not_there(std::string message) {
        if (unknown_.empty()) {
            unknown_ = std::move(message);
        }
    }

    void no_value() {
        not_there("The value '" + token_.text + "' does not exist for the field '" + name_ + "'.");
    }

    void project(Jql::Node& node) {
        const auto found = std::ranges::find_if(state_.projects, [this](const Project& known) {
            return is_integer(token_) ? known.id == *parse_integer(token_.text)
                                      : equals_ignoring_case(known.key, token_.text) ||
                                            equals_ignoring_case(known.name, token_.text);
        });
        if (found == state_.projects.end() || !found->browsable) {
            no_value();
            return;
        }
        node.members.insert(&*found);
    }

    void status(Jql::Node& node) {
        bool there = false;
        for (const Status& known : state_.statuses) {
            if (is_integer(token_) ? known.id == *parse_integer(token_.text)
                                   : equals_ignoring_case(known.name, token_.text)) {
                node.members.insert(&known);
                there = true;
            }
        }
        if (!there) {
            no_value();
        }
    }

    void reporter(Jql::Node& node) {
        const User* user = state_.find_user(token_.text);
        if (user == nullptr) {
            no_value();
            return;
        }
        node.members.insert(user);
    }

    void id(Jql::Node& node) {
        if (node.comparison != '=') {
            if (!is_integer(token_)) {
                no_value();
                return;
            }
            node.bound = *parse_integer(token_.text);
            return;
        }
        const Issue* issue = state_.find_issue(token_.text);
        if (issue == nullptr) {
            not_there("An issue with key '" + token_.text + "' does not exist for field '" + name_ + "'.");
            return;
        }
        node.ids.insert(issue->id);
    }

    TimePoint moment() {
        if (is_integer(token_)) {
            return TimePoint(Duration(*parse_integer(token_.text)));
        }
        if (token_.text.starts_with('-')) {
            if (const auto back = parse_duration(std::string_view(token_.text).substr(1))) {
                return now_ - *back;
            }
        }
        // A date without a zone is in the profile zone of whoever asks.
        if (token_.quoted && (token_.text.size() == 10 || token_.text.size() == 16)) {
            std::string text = token_.text + (token_.text.size() == 10 ? " 00:00" : "");
            std::ranges::replace(text, '/', '-');
            text[10] = text[10] == ' ' ? 'T' : '?';
            if (const auto local = parse_timestamp(text + ":00Z")) {
                return *local - std::chrono::minutes(caller_ == nullptr ? 0 : caller_->offset_minutes);
            }
        }
        throw Refused(
            "Date value '" + token_.text + "' for field '" + name_ +
            "' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', "
            "'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
        );
    }

    void order(Jql& jql) {
        for (int fields = 0;; ++fields) {
            if (fields == 7) {
                throw Refused("The number of fields specified in 'ORDER BY' exceeds the limit of 7.");
            }
            const Kind kind = field();
            bool descending = kind != Kind::id;
            if (token_.is("asc") || token_.is("desc")) {
                descending = token_.is("desc");
                advance();
            }
            if (fields == 0) {
                jql.sort = kind == Kind::updated ? Jql::Sort::updated : Jql::Sort::id;
                jql.descending = descending;
            }
            if (!token_.is(",")) {
                return;
            }
            advance();
        }
    }

    State& state_;
    const User* caller_;
    TimePoint now_;
    Scanner scanner_;
    Token token_;
    std::string name_;
    std::string unknown_; ///< the first thing that the query names and that is not there
};

} // namespace

std::variant<Jql, std::string>
parse_jql(State& state, const User* caller, std::string_view text, TimePoint now) {
    try {
        return Parser(state, caller, text, now).query();
    } catch (const Refused& refused) {
        return std::string(refused.what());
    }
}

} // namespace accessd::sandbox::jsm
