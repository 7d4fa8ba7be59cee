#include "core/store/audit.hpp"

#include "core/store/audit_file.hpp"
#include "core/support/text.hpp"

#include <limits>

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
        "audit row " + std::to_string(seq) + " " + what +
            (seq > 1 ? "; the rows before it are as they were written" : "")
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
    if (row.seq > seq_ + 1) {
        return wrong("audit.gap", seq_ + 1, "is missing");
    }
    if (row.seq <= seq_) {
        const std::string where = "stands where row " + std::to_string(seq_ + 1) + " belongs";
        return wrong("audit.gap", row.seq, where.c_str());
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
    auto file = AuditFile::open(database, Database::Mode::read_only);
    if (!file) {
        return std::move(file).error();
    }
    return file->rows(std::numeric_limits<std::int64_t>::min(), visit);
}

} // namespace accessd
