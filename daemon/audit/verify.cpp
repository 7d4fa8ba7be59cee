#include "daemon/audit/verify.hpp"

#include "core/store/audit_key.hpp"
#include "core/store/audit_lines.hpp"
#include "core/store/audit_verifier.hpp"

#include <fstream>
#include <ostream>
#include <system_error>
#include <utility>

namespace accessd {

namespace {

namespace fs = std::filesystem;

Result<Done> verify_database(const fs::path& database, AuditVerifier& verifier) {
    auto file = open_audit(database);
    if (!file) {
        return std::move(file).error();
    }
    return verify_audit_file(*file, verifier);
}

Result<Done> verify_export(const fs::path& jsonl, AuditVerifier& verifier) {
    std::ifstream in(jsonl, std::ios::binary);
    if (!in) {
        return unreadable(shown(jsonl) + ": cannot be opened");
    }
    auto verdict = verify_audit_lines(in, verifier);
    return in.bad() ? unreadable(shown(jsonl) + ": cannot be read to its end") : verdict;
}

bool is_about_content(const Error& error) {
    return error.code().starts_with("audit.");
}

/// What is no audit at all cannot be read; what stops being one behind good rows was changed.
int status_of(const Error& error, const AuditVerifier& verifier) {
    const std::string& code = error.code();
    const bool judged = is_about_content(error) && code != "audit.head_outside" && code != "audit.no_key";
    const bool nothing_good = code == "audit.malformed" && verifier.chain().seq() == verifier.before();
    return judged && !nothing_good ? exit_tampered : exit_unreadable;
}

int say(const fs::path& file, const Result<Done>& verdict, const AuditVerifier& verifier, std::ostream& out) {
    const AuditChain& chain = verifier.chain();
    if (!verdict) {
        const int status = status_of(verdict.error(), verifier);
        const bool names_file = !is_about_content(verdict.error());
        const std::string where = names_file ? "" : shown(file) + ": ";
        out << where << (status == exit_tampered ? "tampered with: " : "cannot be verified: ")
            << verdict.error().message() << "\n";
        return status;
    }
    out << shown(file) << ": ok: " << chain.seq() - verifier.before() << " rows";
    if (verifier.before() > 0) {
        out << " behind row " << verifier.before() << ", which is not in it";
    }
    out << "\nhead: " << chain.seq() << ":" << chain.head() << "\n";
    if (verifier.checkpoints() == 0) {
        out << "checkpoints: none\n";
        return 0;
    }
    const Checkpoint& last = verifier.last_checkpoint();
    out << "checkpoints: " << verifier.checkpoints() << ", the last at row " << last.rows << " of "
        << format_utc(last.at) << ", " << chain.seq() - last.rows << " rows before the end, signed by "
        << last.origin << "\n";
    return 0;
}

std::vector<KnownHead> known_heads(const AuditVerifyOptions& options) {
    std::vector<KnownHead> heads;
    for (const std::string& text : options.heads) {
        if (const auto head = KnownHead::parse(text)) {
            heads.push_back(*head);
        }
    }
    return heads;
}

/// None when no file is named and none lies beside the database: there may be no checkpoints either.
Result<std::vector<NoteKey>> keys_for(const AuditVerifyOptions& options, const fs::path& file) {
    const fs::path beside = audit_public_file(file.parent_path());
    std::error_code ignored;
    if (options.pubkey.empty() && (!options.jsonl.empty() || !fs::exists(beside, ignored))) {
        return std::vector<NoteKey>();
    }
    return read_note_keys(options.pubkey.empty() ? beside : options.pubkey);
}

} // namespace

int verify_audit(
    const AuditVerifyOptions& options,
    const std::map<std::string, std::string>& environment,
    std::ostream& out
) {
    const bool lines = !options.jsonl.empty();
    const auto file = lines ? Result<fs::path>(options.jsonl) : find_database(options.source, environment);
    const auto keys = file ? keys_for(options, *file) : Result<std::vector<NoteKey>>(file.error());
    if (!keys) {
        out << keys.error().message() << "\n";
        return exit_unreadable;
    }
    AuditVerifier verifier(known_heads(options), *keys);
    const auto verdict = lines ? verify_export(*file, verifier) : verify_database(*file, verifier);
    return say(*file, verdict, verifier, out);
}

} // namespace accessd
