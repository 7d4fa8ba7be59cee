#include "tests/sandbox/jsm_jql_scanner.hpp"

namespace accessd::sandbox::jsm {

Token Scanner::next() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) {
        ++at_;
    }
    Token token;
    token.at = at_;
    if (at_ == text_.size()) {
        return token;
    }
    const char first = text_[at_];
    if (first == '"' || first == '\'') {
        quoted(token, first);
    } else if (std::string_view("(),").find(first) != std::string_view::npos) {
        token.text = text_[at_++];
    } else if (std::string_view("=!<>~").find(first) != std::string_view::npos) {
        take(token, "=!<>~");
    } else {
        word(token);
    }
    return token;
}

void Scanner::take(Token& token, std::string_view set) {
    while (at_ < text_.size() && set.find(text_[at_]) != std::string_view::npos) {
        token.text += text_[at_++];
    }
}

void Scanner::word(Token& token) {
    constexpr std::string_view ends = " \t\n\"'(),=!<>~";
    while (at_ < text_.size() && ends.find(text_[at_]) == std::string_view::npos) {
        token.text += text_[at_++];
    }
}

void Scanner::quoted(Token& token, char quote) {
    token.quoted = true;
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
        if (text_[at_] == '\\' && ++at_ == text_.size()) {
            break;
        }
        const char c = text_[at_];
        if (static_cast<unsigned char>(c) < 0x20) {
            throw Refused("Error in the JQL Query: a control character in a string must be escaped.");
        }
        token.text += c;
    }
    if (at_ == text_.size()) {
        throw Refused("Error in the JQL Query: The quoted string has not been completed.");
    }
    ++at_;
}
} // namespace accessd::sandbox::jsm
