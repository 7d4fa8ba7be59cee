#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace accessd {

enum class LogLevel : std::uint8_t { debug, info, warning, error, critical };

enum class LogFormat : std::uint8_t { automatic, journal, text, json };

/// One field of a log line. The value is escaped and bounded by the logger; callers pass it raw.
class LogField {
public:
    LogField(std::string_view field_name, std::string_view field_value)
        : name(field_name), value(field_value) {}

    LogField(std::string_view field_name, std::int64_t field_value)
        : name(field_name), value(std::to_string(field_value)) {}

    std::string_view name;
    std::string value;
};

/// Writes one line per event: the event's name (a verb: "granted"), then name=value in the given order; a
/// value with blanks or quotes is quoted. Event names are stable and documented. Never throws and never
/// blocks on a full pipe's reader longer than the kernel does.
void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);

/// True when lines of this level are written; to spare building costly fields.
bool log_enabled(LogLevel level);

/// Chooses level and format once at start. `automatic`: "<N>" prefixes when stderr is the journal (compare
/// $JOURNAL_STREAM), else text. Lines go to stderr.
void configure_log(LogLevel level, LogFormat format);

/// Test seam: lines go to `sink` (without prefix or time) until it is reset with nullptr.
using LogSink = void (*)(LogLevel level, std::string_view line, void* context);
void redirect_log(LogSink sink, void* context);

} // namespace accessd
