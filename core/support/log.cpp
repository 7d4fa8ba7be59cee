#include "core/support/log.hpp"

#include "core/support/text.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace accessd {

namespace {

constexpr std::size_t longest_value = 1024;

class Level {
public:
    std::string_view name;
    int priority; // sd-daemon(3)
    spdlog::level::level_enum spdlog_level;
};

const Level& known(LogLevel level) {
    static constexpr Level levels[] = {
        {"debug", 7, spdlog::level::debug},
        {"info", 6, spdlog::level::info},
        {"warning", 4, spdlog::level::warn},
        {"error", 3, spdlog::level::err},
        {"critical", 2, spdlog::level::critical},
    };
    return levels[static_cast<std::size_t>(level)];
}

/// systemd names the journal's socket by device and inode; stderr may have been redirected since (exec(5)).
bool stderr_is_journal() {
    const char* stream = std::getenv("JOURNAL_STREAM");

    struct stat status {};

    if (stream == nullptr || fstat(STDERR_FILENO, &status) != 0) {
        return false;
    }
    return stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

void append_quoted(std::string& line, std::string_view safe, bool escape_backslash) {
    line += '"';
    for (const char c : safe) {
        if (c == '"' || (c == '\\' && escape_backslash)) {
            line += '\\';
        }
        line += c;
    }
    line += '"';
}

std::string text_line(std::string_view event, std::initializer_list<LogField> fields) {
    std::string line(event);
    for (const LogField& field : fields) {
        const std::string value = escape_text(field.value, longest_value);
        line += ' ';
        line += field.name;
        line += '=';
        // A "=" is quoted too, so that no value can look like two fields.
        if (value.empty() || value.find_first_of(" \"=") != std::string::npos) {
            append_quoted(line, value, false); // escape_text left no backslash but its own
        } else {
            line += value;
        }
    }
    return line;
}

/// The inside of an object; the time and the closing brace are the pattern's.
std::string json_members(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    std::string line = R"("level":")";
    line += known(level).name;
    line += R"(","event":)";
    append_quoted(line, event, true);
    for (const LogField& field : fields) {
        line += ',';
        append_quoted(line, field.name, true);
        line += ':';
        append_quoted(line, escape_text(field.value, longest_value), true);
    }
    return line;
}

class Log {
public:
    Log() : logger_("accessd", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
        // There is nobody left to tell when stderr is gone.
        logger_.set_error_handler([](const std::string&) {});
        configure(LogLevel::info, LogFormat::text);
    }

    void configure(LogLevel level, LogFormat format) {
        const std::lock_guard lock(mutex_);
        if (format == LogFormat::automatic) {
            format = stderr_is_journal() ? LogFormat::journal : LogFormat::text;
        }
        format_ = format;
        logger_.set_level(known(level).spdlog_level);
        logger_.set_formatter(
            std::make_unique<spdlog::pattern_formatter>(pattern(format), spdlog::pattern_time_type::utc, "\n")
        );
    }

    void redirect(LogSink sink, void* context) {
        const std::lock_guard lock(mutex_);
        sink_ = sink;
        context_ = context;
    }

    bool enabled(LogLevel level) const { return logger_.should_log(known(level).spdlog_level); }

    void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
        const std::lock_guard lock(mutex_);
        std::string line =
            format_ == LogFormat::json ? json_members(level, event, fields) : text_line(event, fields);
        if (sink_ != nullptr) {
            sink_(level, format_ == LogFormat::json ? "{" + line + "}" : line, context_);
            return;
        }
        if (format_ == LogFormat::journal) {
            line.insert(0, "<" + std::to_string(known(level).priority) + ">");
        } else if (format_ == LogFormat::text) {
            line.insert(0, std::string(known(level).name) + " ");
        }
        logger_.log(known(level).spdlog_level, spdlog::string_view_t(line.data(), line.size()));
    }

private:
    static std::string pattern(LogFormat format) {
        switch (format) {
        case LogFormat::json:
            return R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ",%v})";
        case LogFormat::text:
            return "%Y-%m-%dT%H:%M:%S.%eZ %v";
        case LogFormat::automatic:
        case LogFormat::journal:
            break;
        }
        return "%v"; // the journal has its own time
    }

    std::mutex mutex_;
    spdlog::logger logger_;
    LogFormat format_ = LogFormat::text;
    LogSink sink_ = nullptr;
    void* context_ = nullptr;
};

/// Never destroyed: threads may log while the process ends.
Log& the_log() {
    static Log* const log = new Log;
    return *log;
}

} // namespace

void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    if (!log_enabled(level)) {
        return;
    }
    try {
        the_log().write(level, event, fields);
    } catch (const std::exception&) { // out of memory: the work goes on without the line
    }
}

bool log_enabled(LogLevel level) {
    return the_log().enabled(level);
}

void configure_log(LogLevel level, LogFormat format) {
    the_log().configure(level, format);
}

void redirect_log(LogSink sink, void* context) {
    the_log().redirect(sink, context);
}

} // namespace accessd
