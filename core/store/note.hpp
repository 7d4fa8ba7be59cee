#pragma once

#include "core/model/result.hpp"
#include "core/support/ed25519.hpp"
#include "core/support/secret.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// Signed notes (https://c2sp.org/signed-note): a text that ends in a line feed, an empty line, and lines
// "— <name> <base64 of key id and signature>". Signatures here are Ed25519, type 0x01.

namespace accessd {

/// Longer notes are refused.
inline constexpr std::size_t longest_note = 16 * 1024;

/// The public key that notes of one signer are verified with.
class NoteKey {
public:
    /// The name is not empty and of visible ASCII characters without "+".
    NoteKey(std::string key_name, const Ed25519Public& public_key);

    /// A verifier key as text: "<name>+<key id in 8 hex digits>+<base64 of 0x01 and the key>". Nothing for
    /// anything else, and when the id is not the key's.
    static std::optional<NoteKey> parse(std::string_view text);

    std::string text() const; ///< what parse() reads

    std::string label() const; ///< "<name>+<key id>": enough to tell keys apart

    std::string name;
    Ed25519Public key;
    std::array<std::uint8_t, 4> id; ///< first bytes of SHA-256(name, 0x0A, 0x01, key)
};

/// Signs notes. Copies share the key.
class NoteSigner {
public:
    NoteSigner(std::string name, Ed25519Key key);

    /// A signer key as text, of the form that golang.org/x/mod/sumdb/note uses:
    /// "PRIVATE+KEY+<name>+<key id>+<base64 of 0x01 and the secret bytes>". Error "note.key" (permanent).
    static Result<NoteSigner> parse(const Secret& text);

    /// The text for a key that parse() reads.
    static Result<Secret> text(const std::string& name, const Secret& seed);

    const NoteKey& key() const { return key_; }

    /// The whole note for a text that ends in a line feed. Error "crypto.ed25519" (permanent).
    Result<std::string> sign(std::string_view text) const;

private:
    NoteKey key_;
    Ed25519Key secret_;
};

/// What a note says, and who says so.
class OpenedNote {
public:
    OpenedNote() = default;

    std::string text;
    std::string signer; ///< the key's label
};

/// The text of a note that one of the keys signed. Signatures of others are ignored, as the format demands.
/// Errors, all permanent: "note.malformed"; "note.unknown" (none of the keys signed it; the message names who
/// did); "note.forged" (a signature that claims to be of one of the keys is not).
Result<OpenedNote> open_note(std::string_view note, std::span<const NoteKey> keys);

} // namespace accessd
