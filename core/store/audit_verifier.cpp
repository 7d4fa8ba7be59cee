#include "core/store/audit_verifier.hpp"

#include "core/support/text.hpp"

#include <algorithm>
#include <utility>

namespace accessd {

namespace {

Error tampered(const char* code, const std::string& message) {
    return Error(Fault::permanent, code, message);
}

std::string rows_from_to(std::int64_t first, std::int64_t last) {
    return first == last ? "audit row " + std::to_string(first) + " is"
                         : "audit rows " + std::to_string(first) + " to " + std::to_string(last) + " are";
}

} // namespace

std::optional<KnownHead> KnownHead::parse(std::string_view text) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const auto seq = parse_integer(text.substr(0, colon));
    const std::string_view digits = text.substr(std::min(colon + 1, text.size()));
    const bool hex = digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    if (!seq || *seq < 1 || !hex || digits.size() < 16 || digits.size() > 64) {
        return std::nullopt;
    }
    return KnownHead(*seq, std::string(digits));
}

AuditVerifier::AuditVerifier(const std::vector<KnownHead>& heads, std::vector<NoteKey> keys)
    : keys_(std::move(keys)) {
    for (const KnownHead& head : heads) {
        Expected expected;
        expected.digits = head.digits;
        expected_.emplace(head.seq, std::move(expected));
    }
}

Result<Done> AuditVerifier::start(std::int64_t seq, const Sha256& hash) {
    chain_ = AuditChain(seq, hash);
    before_ = seq;
    if (!expected_.empty() && expected_.begin()->first < seq) {
        return Error(
            Fault::permanent,
            "audit.head_outside",
            "row " + std::to_string(expected_.begin()->first) + ", whose head was given, lies before row " +
                std::to_string(seq + 1) +
                ", the first one here; compare it with an export that begins earlier"
        );
    }
    return compare();
}

Result<Done> AuditVerifier::checkpoint(std::string_view note, std::optional<std::int64_t> seq) {
    if (keys_.empty()) {
        if (!refused_) {
            refused_ = Error(
                Fault::permanent,
                "audit.no_key",
                "there are checkpoints, but no key to verify them with; name a copy of audit.pub with "
                "--pubkey"
            );
        }
        return Done();
    }
    const std::string which =
        seq ? "of row " + std::to_string(*seq) : "behind row " + std::to_string(chain_.seq());
    auto opened = open_checkpoint(note, keys_);
    if (!opened) {
        refuse(which, opened.error().message());
        return Done();
    }
    if (opened->rows != seq.value_or(opened->rows) || opened->rows < chain_.seq()) {
        refuse(which, "it covers " + std::to_string(opened->rows) + " rows and does not belong there");
        return Done();
    }
    expect(*std::move(opened));
    return compare();
}

void AuditVerifier::refuse(const std::string& which, const std::string& why) {
    if (!refused_) {
        refused_ = tampered("audit.checkpoint", "the checkpoint " + which + ": " + why);
    }
}

void AuditVerifier::expect(Checkpoint checkpoint) {
    Expected expected;
    expected.digits = to_hex(checkpoint.head);
    expected.at = checkpoint.at;
    expected.is_signed = true;
    const auto [first, last] = expected_.equal_range(checkpoint.rows);
    const bool known = std::any_of(first, last, [&](const auto& other) { return other.second == expected; });
    if (!known) { // a file that repeats one for ever fills no memory
        expected_.emplace(checkpoint.rows, std::move(expected));
    }
    ++checkpoints_;
    if (checkpoint.rows >= last_.rows) {
        last_ = std::move(checkpoint);
    }
}

Result<Done> AuditVerifier::row(const AuditRow& row) {
    auto checked = chain_.check(row);
    last_at_ = row.at;
    return checked ? compare() : checked;
}

Result<Done> AuditVerifier::compare() {
    while (!expected_.empty() && expected_.begin()->first == chain_.seq()) {
        const Expected& expected = expected_.begin()->second;
        const bool other_time = expected.at && last_at_ && *expected.at != *last_at_;
        if (other_time || !chain_.head().starts_with(expected.digits)) {
            return differs(expected);
        }
        expected_.erase(expected_.begin());
    }
    return Done();
}

Error AuditVerifier::differs(const Expected& expected) const {
    const std::string row = "audit row " + std::to_string(chain_.seq());
    return tampered(
        expected.is_signed ? "audit.checkpoint" : "audit.head",
        row + " has the hash " + chain_.head().substr(0, 16) + ", but " +
            (expected.is_signed ? "the signed checkpoint says " : "the head that was given is ") +
            expected.digits.substr(0, 16) + (expected.at ? " at " + format_utc(*expected.at) : "") +
            "; this row or one before it is not the one that was written then"
    );
}

Result<Done> AuditVerifier::finish() const {
    if (!expected_.empty()) {
        const auto& [known, expected] = *expected_.rbegin();
        return tampered(
            "audit.cut",
            rows_from_to(chain_.seq() + 1, known) + " missing at the end: " +
                (expected.is_signed ? "a signed checkpoint covers row " : "the head was given of row ") +
                std::to_string(known) + "; the rows before are as they were written"
        );
    }
    return refused_ ? Result<Done>(*refused_) : Done();
}

} // namespace accessd
