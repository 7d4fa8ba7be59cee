#pragma once

#include "core/model/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace accessd::sandbox::jsm {

/// Writes JSON straight into one string; commas come by themselves. The vendor's answers are built with it
/// because a page of a hundred issues is written on every poll of the benchmark.
class JsonText {
public:
    JsonText& open(char bracket); ///< '{' or '['
    JsonText& close(char bracket);
    JsonText& key(std::string_view name); ///< as it is: the vendor's names need no escaping
    JsonText& text(std::string_view value);
    JsonText& number(std::int64_t value);
    JsonText& boolean(bool value);
    JsonText& null();
    /// A JSON text that is already written.
    JsonText& raw(std::string_view json);

    std::string take() { return std::move(out_); }

    const std::string& view() const { return out_; }

    void reserve(std::size_t bytes) { out_.reserve(bytes); }

private:
    void separate();

    std::string out_;
};

/// "2026-01-31T10:20:30.123+0200": how Jira writes a moment for a user whose profile zone is that far east of
/// UTC.
std::string jira_time(TimePoint when, int offset_minutes);

} // namespace accessd::sandbox::jsm
