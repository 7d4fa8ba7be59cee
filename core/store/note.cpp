#include "core/store/note.hpp"

#include "core/support/digest.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace accessd {

namespace {

constexpr std::string_view dash = "\xE2\x80\x94 ";
constexpr std::string_view private_mark = "PRIVATE+KEY+";
constexpr std::uint8_t ed25519_type = 1;
constexpr std::size_t longest_name = 200;
constexpr std::size_t most_signatures = 16;

Error bad_note(const char* code, std::string message) {
    return Error(Fault::permanent, code, std::move(message));
}

Error malformed() {
    return bad_note("note.malformed", "it is no signed note");
}

bool is_key_name(std::string_view name) {
    return !name.empty() && name.size() <= longest_name && is_visible_ascii(name) &&
           name.find('+') == std::string_view::npos;
}

std::array<std::uint8_t, 4> key_id(std::string_view name, const Ed25519Public& key) {
    std::string bytes(name);
    bytes += '\n';
    bytes += static_cast<char>(ed25519_type);
    bytes.append(reinterpret_cast<const char*>(key.data()), key.size());
    const Sha256 hash = sha256(bytes);
    return {hash[0], hash[1], hash[2], hash[3]};
}

/// Base64 of the type and the key.
std::string typed(std::span<const std::uint8_t> key) {
    std::array<std::uint8_t, 33> bytes{ed25519_type};
    std::copy_n(key.begin(), std::min(key.size(), bytes.size() - 1), bytes.begin() + 1);
    return to_base64(bytes);
}

/// Both kinds of keys as text: name, id and 32 bytes behind the type.
class KeyParts {
public:
    std::string name;
    std::string id; ///< hex
    std::vector<std::uint8_t> bytes;
};

std::optional<KeyParts> split_key(std::string_view text) {
    const std::size_t first = text.find('+');
    const std::size_t second = text.find('+', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos) {
        return std::nullopt;
    }
    auto bytes = from_base64(text.substr(second + 1));
    KeyParts parts;
    parts.name = text.substr(0, first);
    parts.id = text.substr(first + 1, second - first - 1);
    if (!is_key_name(parts.name) || !bytes || bytes->size() != 33 || bytes->front() != ed25519_type) {
        return std::nullopt;
    }
    parts.bytes.assign(bytes->begin() + 1, bytes->end());
    return parts;
}

/// One line below a note.
class SignatureLine {
public:
    std::string_view name;
    std::vector<std::uint8_t> bytes; ///< key id and signature
};

std::optional<SignatureLine> parse_signature(std::string_view line) {
    if (!line.starts_with(dash)) {
        return std::nullopt;
    }
    line.remove_prefix(dash.size());
    const std::size_t space = line.find(' ');
    auto bytes = space == std::string_view::npos ? std::nullopt : from_base64(line.substr(space + 1));
    if (space == 0 || !bytes || bytes->size() < 5) {
        return std::nullopt;
    }
    SignatureLine signature;
    signature.name = line.substr(0, space);
    signature.bytes = std::move(*bytes);
    return signature;
}

bool is_plain_text(std::string_view text) {
    const bool controls = std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 && c != '\n';
    });
    return !controls && is_valid_utf8(text);
}

/// The key that a line claims to be signed with.
const NoteKey* claimed_key(const SignatureLine& line, std::span<const NoteKey> keys) {
    const auto found = std::find_if(keys.begin(), keys.end(), [&](const NoteKey& key) {
        return key.name == line.name && std::equal(key.id.begin(), key.id.end(), line.bytes.begin());
    });
    return found == keys.end() ? nullptr : &*found;
}

/// The lines below the text; nothing when one of them is none.
std::optional<std::vector<SignatureLine>> parse_signatures(std::string_view lines) {
    std::vector<SignatureLine> signatures;
    if (lines.empty() || lines.back() != '\n') {
        return std::nullopt;
    }
    lines.remove_suffix(1);
    for (const std::string_view line : split(lines, '\n')) {
        auto signature = parse_signature(line);
        if (!signature || signatures.size() == most_signatures) {
            return std::nullopt;
        }
        signatures.push_back(std::move(*signature));
    }
    return signatures;
}

} // namespace

NoteKey::NoteKey(std::string key_name, const Ed25519Public& public_key)
    : name(std::move(key_name)), key(public_key), id(key_id(name, key)) {}

std::optional<NoteKey> NoteKey::parse(std::string_view text) {
    const auto parts = split_key(text);
    if (!parts) {
        return std::nullopt;
    }
    Ed25519Public bytes{};
    std::copy(parts->bytes.begin(), parts->bytes.end(), bytes.begin());
    NoteKey key(parts->name, bytes);
    if (to_hex(key.id) != parts->id) {
        return std::nullopt;
    }
    return key;
}

std::string NoteKey::text() const {
    return label() + "+" + typed(key);
}

std::string NoteKey::label() const {
    return name + "+" + to_hex(id);
}

NoteSigner::NoteSigner(std::string name, Ed25519Key key)
    : key_(std::move(name), key.public_key()), secret_(std::move(key)) {}

Result<NoteSigner> NoteSigner::parse(const Secret& text) {
    const Error wrong(Fault::permanent, "note.key", "is no private key of a note signer");
    if (!text.reveal().starts_with(private_mark)) {
        return wrong;
    }
    const auto parts = split_key(text.reveal().substr(private_mark.size()));
    if (!parts) {
        return wrong;
    }
    auto key = Ed25519Key::make(Secret(std::string(parts->bytes.begin(), parts->bytes.end())));
    if (!key) {
        return std::move(key).error();
    }
    NoteSigner signer(parts->name, std::move(*key));
    if (to_hex(signer.key_.id) != parts->id) {
        return wrong;
    }
    return signer;
}

Result<Secret> NoteSigner::text(const std::string& name, const Secret& seed) {
    auto key = Ed25519Key::make(seed);
    if (!key) {
        return std::move(key).error();
    }
    const NoteKey shown(name, key->public_key());
    return Secret(std::string(private_mark) + shown.label() + "+" + typed(as_bytes(seed.reveal())));
}

Result<std::string> NoteSigner::sign(std::string_view text) const {
    auto signature = secret_.sign(text);
    if (!signature) {
        return std::move(signature).error();
    }
    std::vector<std::uint8_t> bytes(key_.id.begin(), key_.id.end());
    bytes.insert(bytes.end(), signature->begin(), signature->end());
    std::string note(text);
    note += '\n';
    note += dash;
    note += key_.name + " " + to_base64(bytes) + "\n";
    return note;
}

Result<OpenedNote> open_note(std::string_view note, std::span<const NoteKey> keys) {
    const std::size_t end = note.rfind("\n\n");
    if (note.size() > longest_note || end == std::string_view::npos || !is_plain_text(note)) {
        return malformed();
    }
    const std::string_view text = note.substr(0, end + 1);
    const auto signatures = parse_signatures(note.substr(end + 2));
    if (!signatures) {
        return malformed();
    }
    OpenedNote opened;
    opened.text = text;
    for (const SignatureLine& line : *signatures) {
        const NoteKey* key = claimed_key(line, keys);
        if (key != nullptr && !ed25519_verify(key->key, text, std::span(line.bytes).subspan(4))) {
            return bad_note("note.forged", "the signature of " + key->label() + " does not fit it");
        }
        if (key != nullptr) {
            opened.signer = key->label();
        }
    }
    if (opened.signer.empty()) {
        const SignatureLine& first = signatures->front();
        return bad_note(
            "note.unknown",
            "it is signed by " + escape_text(first.name) + "+" + to_hex(std::span(first.bytes).first(4)) +
                ", which is none of the keys given"
        );
    }
    return opened;
}

} // namespace accessd
