#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>

namespace accessd {

/// Writes lines of at most 100 columns for people. Escapes all that it is given (escape_text), so that
/// nothing from a ticket or a vendor reaches the terminal as it is.
class Page {
public:
    explicit Page(std::ostream& out) : out_(out) {}

    /// A line of its own, not indented.
    void heading(std::string_view text);

    /// `label`, filled up to `column`, and `text` beside it; what does not fit goes on below `text`, broken
    /// at blanks where there are any.
    void entry(std::string_view label, std::size_t column, std::string_view text);

private:
    std::ostream& out_;
};

/// Canonical JSON in ASCII: whatever else a text holds, control characters included, stands there as \uNNNN,
/// and bytes that are no UTF-8 as \ufffd.
std::string ascii_json(const boost::json::value& document);

} // namespace accessd
