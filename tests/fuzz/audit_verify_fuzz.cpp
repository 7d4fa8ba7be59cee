// An export from anywhere: the verifier says in sound words what is wrong, or the rows are a chain that is
// written again as it was read, and in which no bit can be changed without being noticed. Keys, checkpoints
// and heads that are read are written as they were.
#include "core/store/audit_lines.hpp"
#include "core/store/audit_verifier.hpp"
#include "core/store/checkpoint.hpp"
#include "core/store/note.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <sstream>
#include <string>
#include <variant>
#include <vector>

using namespace accessd;

namespace {

/// The committed inputs hold checkpoints of this key.
const NoteSigner& signer() {
    static const NoteSigner made("accessd/test/audit", *Ed25519Key::make(Secret(std::string(32, 'a'))));
    return made;
}

const std::vector<NoteKey>& keys() {
    static const std::vector<NoteKey> known(1, signer().key());
    return known;
}

Result<Done> verify(const std::string& text, AuditVerifier& verifier) {
    std::istringstream in(text);
    return verify_audit_lines(in, verifier);
}

/// The export as accessd writes it.
std::string written_again(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto line = parse_audit_line(fuzz::cut(text, '\n'));
        fuzz::must(line.has_value(), "what verifies can be read");
        if (const auto* row = std::get_if<AuditRow>(&*line)) {
            const auto written = audit_row_line(*row);
            fuzz::must(written.has_value(), "a row that was read can be written");
            out += *written;
        } else if (const auto* note = std::get_if<AuditNote>(&*line)) {
            out += audit_note_line(*note);
        } else {
            out += audit_start_line(std::get<AuditStart>(*line));
        }
    }
    return out;
}

void check_bits(const std::string& good, const AuditVerifier& verdict) {
    const std::size_t step = good.size() / 16 + 1;
    for (std::size_t at = verdict.chain().hash().front() % step; at < good.size(); at += step) {
        std::string changed = good;
        changed[at] = static_cast<char>(changed[at] ^ (1 << (at % 8)));
        AuditVerifier verifier({}, keys());
        const bool noticed = !verify(changed, verifier) || written_again(changed) == good;
        fuzz::must(noticed, "no bit of an export can be changed", changed);
    }
}

void check_export(const std::string& text) {
    AuditVerifier verifier({}, keys());
    const auto verdict = verify(text, verifier);
    if (!verdict) {
        fuzz::must_be_sound(verdict.error());
        return;
    }
    const std::string again = written_again(text);
    AuditVerifier second({}, keys());
    fuzz::must(verify(again, second).has_value(), "what is written again verifies", again);
    fuzz::must(second.chain().head() == verifier.chain().head(), "and has the same head", again);
    fuzz::must(written_again(again) == again, "and does not change any more", again);
    if (verifier.chain().seq() > verifier.before()) {
        check_bits(again, verifier);
    }
    AuditVerifier known({KnownHead(verifier.chain().seq() + 1, std::string(16, '0'))}, keys());
    fuzz::must(!verify(text, known).has_value(), "a row too few is noticed", text);
}

void check_texts(std::string_view text) {
    if (const auto key = NoteKey::parse(text)) {
        fuzz::must(key->text() == text, "a key is written as it was read", text);
    }
    if (const auto checkpoint = Checkpoint::parse(text)) {
        fuzz::must(checkpoint->text() == text, "a checkpoint is written as it was read", text);
    }
    if (const auto head = KnownHead::parse(text)) {
        fuzz::must(head->seq > 0 && head->digits.size() >= 16, "a head is of a row", text);
    }
    const auto opened = open_note(text, keys());
    if (opened) {
        fuzz::must(text.starts_with(opened->text + "\n"), "a note says what stands in it", text);
    } else {
        fuzz::must_be_sound(opened.error());
    }
    const auto signer_key = NoteSigner::parse(Secret(std::string(text)));
    if (!signer_key) {
        fuzz::must_be_sound(signer_key.error());
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::as_text(data, size);
    check_export(std::string(text));
    check_texts(text);
    return 0;
}
