#pragma once

#include "core/model/result.hpp"
#include "core/model/time.hpp"
#include "core/store/note.hpp"
#include "core/support/digest.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace accessd {

/// That the audit had so many rows, and how the last of them was hashed. A signed note of the form of
/// https://c2sp.org/tlog-checkpoint, in which the hash is the head of our chain, not the root of a Merkle
/// tree.
class Checkpoint {
public:
    Checkpoint() = default;

    std::string origin;    ///< which audit; the name of the key, too
    std::int64_t rows = 0; ///< from 1
    Sha256 head{};         ///< hash of row `rows`
    TimePoint at{};        ///< when row `rows` was written

    /// The note's text: origin, rows in decimal, head in base64, "time 2026-01-31T10:20:30.123Z"; each a
    /// line.
    std::string text() const;

    /// Nothing when text() would not give the same.
    static std::optional<Checkpoint> parse(std::string_view text);
};

/// A checkpoint that one of the keys signed; its origin is the key's name. Errors as open_note's.
Result<Checkpoint> open_checkpoint(std::string_view note, std::span<const NoteKey> keys);

/// May rows go on without a new checkpoint? `rows` are not covered by one, the first of them was written
/// `age` ago.
bool checkpoint_is_due(std::int64_t rows, Duration age);

} // namespace accessd
