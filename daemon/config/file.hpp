#pragma once

#include "core/model/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace accessd {

/// What a file must look like to be believed.
enum class FileTrust : std::uint8_t {
    config,     ///< not writable by everyone
    secret,     ///< not writable by group or others, not readable by everyone
    credential, ///< the same, and not a symbolic link
};

/// The content of a regular file of at most `limit` bytes. The checks look at the opened file, so that it
/// cannot be exchanged in between. Error "config.file" (permanent); its message continues a sentence that
/// begins with the file's name: "is not a regular file".
Result<std::string> read_trusted_file(const std::string& path, FileTrust trust, std::size_t limit);

} // namespace accessd
