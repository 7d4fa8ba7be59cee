#include "core/store/checkpoint.hpp"

#include "core/support/text.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace accessd {

namespace {

// A thousand rows verify in milliseconds and a signature in a tenth of one; a year of hours in a second.
constexpr std::int64_t most_uncovered = 1000;
constexpr Duration longest_uncovered = std::chrono::hours(1);

constexpr std::string_view time_mark = "time ";

} // namespace

std::string Checkpoint::text() const {
    return origin + "\n" + std::to_string(rows) + "\n" + to_base64(head) + "\n" + std::string(time_mark) +
           format_utc(at) + "\n";
}

std::optional<Checkpoint> Checkpoint::parse(std::string_view text) {
    const std::vector<std::string_view> lines = split(text, '\n');
    if (lines.size() != 5 || !lines[3].starts_with(time_mark)) {
        return std::nullopt;
    }
    const auto rows = parse_integer(lines[1]);
    const auto head = from_base64(lines[2]);
    const auto at = parse_timestamp(lines[3].substr(time_mark.size()));
    Checkpoint checkpoint;
    if (!rows || *rows < 1 || !head || head->size() != checkpoint.head.size() || !at) {
        return std::nullopt;
    }
    checkpoint.origin = lines[0];
    checkpoint.rows = *rows;
    std::copy(head->begin(), head->end(), checkpoint.head.begin());
    checkpoint.at = *at;
    return checkpoint.text() == text ? std::optional<Checkpoint>(checkpoint) : std::nullopt;
}

Result<Checkpoint> open_checkpoint(std::string_view note, std::span<const NoteKey> keys) {
    auto opened = open_note(note, keys);
    if (!opened) {
        return std::move(opened).error();
    }
    const auto checkpoint = Checkpoint::parse(opened->text);
    if (!checkpoint || !opened->signer.starts_with(checkpoint->origin + "+")) {
        return Error(
            Fault::permanent, "note.malformed", "it is a signed note, but no checkpoint of an audit"
        );
    }
    return *checkpoint;
}

bool checkpoint_is_due(std::int64_t rows, Duration age) {
    return rows >= most_uncovered || (rows > 0 && age >= longest_uncovered);
}

} // namespace accessd
