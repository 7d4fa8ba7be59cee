#pragma once

#include "core/model/result.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace accessd::fuzz {

/// Ends the run as a crash when the property does not hold: libFuzzer keeps the input.
inline void must(bool holds, std::string_view property, std::string_view shown = {}) {
    if (!holds) {
        const std::string safe = escape_text(shown, 2000);
        std::fprintf(
            stderr,
            "property broken: %.*s: %s\n",
            static_cast<int>(property.size()),
            property.data(),
            safe.c_str()
        );
        std::abort();
    }
}

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
    return std::string_view(reinterpret_cast<const char*>(data), size);
}

/// Cuts what stands before the separator off the front; all of it when there is none.
inline std::string_view cut(std::string_view& rest, char separator) {
    const std::size_t end = std::min(rest.find(separator), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
}

/// Valid UTF-8 without anything that a terminal obeys; line breaks only where the text may have several
/// lines.
inline bool is_printable(std::string text, bool lines = false) {
    std::erase_if(text, [lines](char c) { return c == '\\' || (lines && c == '\n'); });
    return escape_text(text, text.size() * 8) == text;
}

/// What every error promises: a stable code and a text that can be logged as it is.
inline void must_be_sound(const Error& error) {
    const std::string& code = error.code();
    must(code.find('.') != std::string::npos && code.size() < 64, "an error has a code", code);
    must(!error.message().empty(), "an error has a message", code);
    must(error.message().size() < 64 * 1024, "an error is bounded", code);
    must(is_printable(error.message(), true), "an error can be printed", error.message());
    must(
        (error.fault() == Fault::throttled) == error.retry_at().has_value(),
        "who throttles says until when",
        code
    );
}

} // namespace accessd::fuzz
