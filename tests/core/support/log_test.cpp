#include "core/support/json.hpp"
#include "core/support/log.hpp"
#include "core/support/text.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace accessd;
using namespace std::string_view_literals;

namespace {

/// Collects the lines while it lives; the log is as at the start afterwards.
class Collected {
public:
    explicit Collected(LogLevel least = LogLevel::info, LogFormat format = LogFormat::text) {
        configure_log(least, format);
        redirect_log(&Collected::collect, this);
    }

    Collected(const Collected&) = delete;
    Collected& operator=(const Collected&) = delete;

    ~Collected() {
        redirect_log(nullptr, nullptr);
        configure_log(LogLevel::info, LogFormat::text);
    }

    std::vector<std::string> lines;
    std::vector<LogLevel> levels;

private:
    static void collect(LogLevel level, std::string_view line, void* context) {
        auto* self = static_cast<Collected*>(context);
        self->lines.emplace_back(line);
        self->levels.push_back(level);
    }
};

/// Stands in for stderr while it lives.
class FakeStderr {
public:
    FakeStderr() : file_(memfd_create("stderr", 0)), real_(dup(STDERR_FILENO)) { dup2(file_, STDERR_FILENO); }

    FakeStderr(const FakeStderr&) = delete;
    FakeStderr& operator=(const FakeStderr&) = delete;

    ~FakeStderr() {
        dup2(real_, STDERR_FILENO);
        close(real_);
        close(file_);
        unsetenv("JOURNAL_STREAM");
        configure_log(LogLevel::info, LogFormat::text);
    }

    /// As systemd sets it for a service whose stderr is the journal.
    void claim_journal(std::uint64_t shift = 0) const {
        struct stat status {};

        fstat(file_, &status);
        const std::string name = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino + shift);
        setenv("JOURNAL_STREAM", name.c_str(), 1);
    }

    std::string text() const {
        std::string content(static_cast<std::size_t>(lseek(file_, 0, SEEK_END)), '\0');
        const ssize_t got = pread(file_, content.data(), content.size(), 0);
        content.resize(static_cast<std::size_t>(got));
        return content;
    }

private:
    int file_;
    int real_;
};

/// Digits as "0", so that a time can be compared.
std::string shape(std::string text) {
    for (char& c : text) {
        c = c >= '1' && c <= '9' ? '0' : c;
    }
    return text;
}

} // namespace

TEST_CASE("log: a line is the event, then its fields in order") {
    Collected log_lines;
    log(LogLevel::info,
        "granted",
        {{"ticket", "ACC-42"},
         {"user", "jane@acme.example"},
         {"target", "Entra ID:jira-software-users"},
         {"took", "412ms"},
         {"audit", 1187}});
    REQUIRE(log_lines.lines.size() == 1);
    CHECK(
        log_lines.lines[0] == "granted ticket=ACC-42 user=jane@acme.example target=\"Entra "
                              "ID:jira-software-users\" took=412ms audit=1187"
    );
    CHECK(log_lines.levels[0] == LogLevel::info);
}

TEST_CASE("log: an event without fields is its name") {
    Collected log_lines;
    log(LogLevel::warning, "paused", {});
    CHECK(log_lines.lines == std::vector<std::string>{"paused"});
    CHECK(log_lines.levels == std::vector<LogLevel>{LogLevel::warning});
}

TEST_CASE("log: no value can break the line, fake a field or drive a terminal") {
    Collected log_lines;
    log(LogLevel::info, "seen", {{"v", "x\ngranted ticket=FAKE-1"}});
    log(LogLevel::info, "seen", {{"v", "a\" user=\"root"}});
    log(LogLevel::info, "seen", {{"v", "a user=root"}});
    log(LogLevel::info, "seen", {{"v", "\x1B[31mred\x1B[0m\r"}});
    log(LogLevel::info, "seen", {{"v", ""}});
    log(LogLevel::info, "seen", {{"v", "\\\""}});
    log(LogLevel::info, "seen", {{"v", "a\xC2\xA0z=\xE2\x80\xAE\xFF"}});
    log(LogLevel::info, "seen", {{"v", "{} %v %s"}});
    CHECK(
        log_lines.lines ==
        std::vector<std::string>{
            "seen v=\"x\\x0agranted ticket=FAKE-1\"",
            "seen v=\"a\\\" user=\\\"root\"",
            "seen v=\"a user=root\"",
            "seen v=\\x1b[31mred\\x1b[0m\\x0d",
            "seen v=\"\"",
            "seen v=\"\\x5c\\\"\"",
            "seen v=\"a\xC2\xA0z=\\u{202e}\\xff\"",
            "seen v=\"{} %v %s\"",
        }
    );
}

TEST_CASE("log: a value is bounded") {
    Collected log_lines;
    log(LogLevel::info, "seen", {{"v", std::string(1'000'000, 'x')}});
    CHECK(log_lines.lines[0].size() == std::string("seen v=").size() + 1024);
    CHECK(log_lines.lines[0].ends_with("xxx..."));
}

TEST_CASE("log: lines below the level are not written") {
    Collected log_lines(LogLevel::warning);
    log(LogLevel::debug, "debug", {});
    log(LogLevel::info, "info", {});
    log(LogLevel::warning, "warning", {});
    log(LogLevel::error, "error", {});
    log(LogLevel::critical, "critical", {});
    CHECK(log_lines.lines == std::vector<std::string>{"warning", "error", "critical"});
    CHECK_FALSE(log_enabled(LogLevel::info));
    CHECK(log_enabled(LogLevel::warning));
    configure_log(LogLevel::debug, LogFormat::text);
    CHECK(log_enabled(LogLevel::debug));
}

TEST_CASE("log: a JSON line is one object whatever the values hold") {
    Collected log_lines(LogLevel::info, LogFormat::json);
    log(LogLevel::error, "failed", {{"why", "a\"b\\c\n\x1B\xFF"}, {"attempt", 3}});
    REQUIRE(log_lines.lines.size() == 1);
    const auto document = parse_json(log_lines.lines[0]);
    REQUIRE(document);
    CHECK(find_string(*document, "level") == "error");
    CHECK(find_string(*document, "event") == "failed");
    CHECK(find_string(*document, "why") == "a\"b\\x5cc\\x0a\\x1b\\xff");
    CHECK(find_string(*document, "attempt") == "3");
}

TEST_CASE("log: text on stderr has the time in UTC and the level") {
    const FakeStderr fake;
    configure_log(LogLevel::info, LogFormat::automatic);
    log(LogLevel::warning, "paused", {{"application", "entra"}});
    CHECK(shape(fake.text()) == "0000-00-00T00:00:00.000Z warning paused application=entra\n");
}

TEST_CASE("log: the journal gets a priority and no time") {
    const FakeStderr fake;
    fake.claim_journal();
    configure_log(LogLevel::debug, LogFormat::automatic);
    log(LogLevel::debug, "a", {});
    log(LogLevel::info, "b", {});
    log(LogLevel::warning, "c", {});
    log(LogLevel::error, "d", {});
    log(LogLevel::critical, "e", {{"x", 1}});
    CHECK(fake.text() == "<7>a\n<6>b\n<4>c\n<3>d\n<2>e x=1\n");
}

TEST_CASE("log: a journal that stderr no longer goes to is not written for") {
    const FakeStderr fake;
    fake.claim_journal(1);
    configure_log(LogLevel::info, LogFormat::automatic);
    log(LogLevel::info, "started", {});
    CHECK(shape(fake.text()) == "0000-00-00T00:00:00.000Z info started\n");
    for (const auto nonsense : {"", ":", "1:2:3", "x"}) {
        setenv("JOURNAL_STREAM", nonsense, 1);
        configure_log(LogLevel::info, LogFormat::automatic);
        log(LogLevel::info, "started", {});
    }
    CHECK(fake.text().find('<') == std::string::npos);
}

TEST_CASE("log: JSON on stderr is one object a line with its time") {
    const FakeStderr fake;
    configure_log(LogLevel::info, LogFormat::json);
    log(LogLevel::info, "started", {{"version", "%v\n"}});
    const std::string text = fake.text();
    REQUIRE(text.ends_with("}\n"));
    const auto document = parse_json(text);
    REQUIRE(document);
    CHECK(shape(string_or_empty(*document, "time")) == "0000-00-00T00:00:00.000Z");
    CHECK(find_string(*document, "version") == "%v\\x0a");
}
