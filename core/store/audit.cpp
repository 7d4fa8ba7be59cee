#include "core/store/audit.hpp"

#include "core/store/sqlite.hpp"
#include "core/support/text.hpp"

#include <algorithm>

namespace accessd {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view format_name = "accessd-audit-v1\0"sv;

void append_big_endian(std::string& bytes, std::uint64_t value, int size) {
    for (int shift = (size - 1) * 8; shift >= 0; shift -= 8) {
        bytes.push_back(static_cast<char>((value >> shift) & 0xff));
    }
}

void append_text(std::string& bytes, std::string_view text) {
    append_big_endian(bytes, text.size(), 4);
    bytes.append(text);
}

Error wrong(const char* code, std::int64_t seq, const char* what) {
    return Error(
        Fault::permanent,
        code,
        "audit row " + std::to_string(seq) + " " + what + "; the rows before it are as they were written"
    );
}

} // namespace

Sha256 audit_hash(
    const Sha256& before, std::int64_t seq, TimePoint at, std::string_view code, std::string_view body
) {
    std::string bytes;
    bytes.reserve(format_name.size() + before.size() + 24 + code.size() + body.size());
    bytes.append(format_name);
    bytes.append(reinterpret_cast<const char*>(before.data()), before.size());
    append_big_endian(bytes, static_cast<std::uint64_t>(seq), 8);
    append_big_endian(bytes, static_cast<std::uint64_t>(at.time_since_epoch().count()), 8);
    append_text(bytes, code);
    append_text(bytes, body);
    return sha256(bytes);
}

Result<Done> AuditChain::check(const AuditRow& row) {
    if (row.seq != seq_ + 1) {
        return wrong("audit.gap", seq_ + 1, "is missing");
    }
    if (audit_hash(head_, row.seq, row.at, row.code, row.body) != row.hash) {
        return wrong("audit.changed", row.seq, "or the one before it was changed");
    }
    seq_ = row.seq;
    head_ = row.hash;
    return Done();
}

std::string AuditChain::head() const {
    return to_hex(head_);
}

Result<Done>
read_audit(const std::filesystem::path& database, const std::function<bool(const AuditRow&)>& visit) {
    auto opened = Database::open(database, Database::Mode::read_only);
    if (!opened) {
        return std::move(opened).error();
    }
    Statement statement(**opened, "SELECT seq, at, code, body, hash FROM audit ORDER BY seq");
    Rows rows(statement);
    AuditRow row;
    while (rows.next()) {
        row.seq = rows.integer(0);
        row.at = rows.time(1);
        row.code = rows.text(2);
        row.body = rows.text(3);
        const auto hash = rows.blob(4);
        row.hash = {}; // a hash of another size is a changed one
        if (hash.size() == row.hash.size()) {
            std::copy(hash.begin(), hash.end(), row.hash.begin());
        }
        if (!visit(row)) {
            return Done();
        }
    }
    if (rows.failed()) {
        return (*opened)->failure();
    }
    return Done();
}

} // namespace accessd
