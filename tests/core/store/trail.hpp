#pragma once

#include "core/store/audit_lines.hpp"
#include "core/store/audit_verifier.hpp"
#include "core/store/checkpoint.hpp"
#include "core/store/note.hpp"
#include "core/support/text.hpp"

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace accessd::store_test {

/// A signer that is the same in every run; another for another letter.
inline NoteSigner test_signer(char letter = 'a', const std::string& name = "accessd/test/audit") {
    auto key = Ed25519Key::make(Secret(std::string(32, letter)));
    if (!key) {
        throw std::runtime_error(key.error().message());
    }
    return NoteSigner(name, std::move(*key));
}

inline std::vector<NoteKey> keys_of(const NoteSigner& signer) {
    return std::vector<NoteKey>(1, signer.key());
}

/// An audit as accessd writes it, in memory, to be tampered with.
class Trail {
public:
    explicit Trail(int count) {
        for (int i = 1; i <= count; ++i) {
            AuditRow row;
            row.seq = i;
            row.at = TimePoint(std::chrono::seconds(1767225600 + i));
            row.code = "grant.done";
            row.body = R"({"issue":")" + std::to_string(1000 + i) + R"("})";
            rows.push_back(row);
        }
        chain_from(1);
    }

    /// Hashes as somebody would who can write to the database: from row `seq` on, every one fits.
    void chain_from(std::size_t seq) {
        for (std::size_t i = seq - 1; i < rows.size(); ++i) {
            AuditRow& row = rows[i];
            row.seq = static_cast<std::int64_t>(i) + 1;
            row.hash = audit_hash(before(i), row.seq, row.at, row.code, row.body);
        }
    }

    Checkpoint checkpoint(std::size_t seq) const {
        Checkpoint made;
        made.origin = "accessd/test/audit";
        made.rows = static_cast<std::int64_t>(seq);
        made.head = rows[seq - 1].hash;
        made.at = rows[seq - 1].at;
        return made;
    }

    std::string note(std::size_t seq, const NoteSigner& signer = test_signer()) const {
        return *signer.sign(checkpoint(seq).text());
    }

    KnownHead head(std::size_t seq, std::size_t digits = 16) const {
        return KnownHead(static_cast<std::int64_t>(seq), to_hex(rows[seq - 1].hash).substr(0, digits));
    }

    /// As `audit export` writes it, with a checkpoint at the end.
    std::string lines() const {
        std::string text;
        for (const AuditRow& row : rows) {
            text += *audit_row_line(row);
        }
        return text + audit_note_line(AuditNote(note(rows.size())));
    }

    std::vector<AuditRow> rows;

private:
    Sha256 before(std::size_t index) const { return index == 0 ? audit_genesis : rows[index - 1].hash; }
};

/// The code of what is wrong with these rows, "" for nothing; `message` gets the sentence.
inline std::string judge(AuditVerifier& verifier, const Trail& trail, std::string* message = nullptr) {
    Result<Done> verdict = Done();
    for (const AuditRow& row : trail.rows) {
        verdict = verifier.row(row);
        if (!verdict) {
            break;
        }
    }
    if (verdict) {
        verdict = verifier.finish();
    }
    if (message != nullptr && !verdict) {
        *message = verdict.error().message();
    }
    return verdict ? "" : verdict.error().code();
}

} // namespace accessd::store_test
