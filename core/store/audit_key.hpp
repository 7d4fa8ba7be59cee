#pragma once

#include "core/model/result.hpp"
#include "core/store/note.hpp"

#include <filesystem>
#include <vector>

namespace accessd {

/// DIRECTORY/audit.pub: the public keys of the audit, one verifier key a line.
std::filesystem::path audit_public_file(const std::filesystem::path& directory);

/// The key that checkpoints are signed with: DIRECTORY/audit.key, mode 0600. Made, and synced to disk, when
/// there is none; its public half is added to audit.pub, mode 0644, where it is missing, so that checkpoints
/// of a key that was lost still verify. To be called by the one daemon of the directory. Error "store.key"
/// (permanent) names the file.
Result<NoteSigner> load_audit_key(const std::filesystem::path& directory);

/// The keys of such a file: one a line, empty lines aside. Error "store.key": it cannot be read, holds
/// something else, or no key.
Result<std::vector<NoteKey>> read_note_keys(const std::filesystem::path& file);

} // namespace accessd
