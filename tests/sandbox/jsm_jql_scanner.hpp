#pragma once

#include "core/support/text.hpp"

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace accessd::sandbox::jsm {

/// A query is refused from any depth of its parsing: thrown by the scanner and the parser, caught by
/// parse_jql.
class Refused : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A word, a sign or a string of a query.
class Token {
public:
    Token() = default;

    std::string text;
    bool quoted = false;
    std::size_t at = 0;

    bool is(std::string_view word) const { return !quoted && equals_ignoring_case(text, word); }

    bool end() const { return !quoted && text.empty(); }
};

/// Cuts a query into tokens.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    /// The next token; one without text at the end.
    Token next();

private:
    void take(Token& token, std::string_view set);
    void word(Token& token);
    void quoted(Token& token, char quote);

    std::string_view text_;
    std::size_t at_ = 0;
};

} // namespace accessd::sandbox::jsm
