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

/// What tells one content of a file from another without reading it: which file it is, and when it was last
/// written or replaced.
class FileMark {
public:
    FileMark() = default;

    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t written_at = 0; ///< nanoseconds since 1970
    std::int64_t changed_at = 0; ///< the same, of content or mode; nobody can set it

    bool operator==(const FileMark&) const = default;
};

/// Of the file that the path leads to now; an empty mark when there is none to look at.
FileMark mark_of_file(const std::string& path);

/// The content of a regular file of at most `limit` bytes. The checks look at the opened file, so that it
/// cannot be exchanged in between. Error "config.file" (permanent); its message continues a sentence that
/// begins with the file's name: "is not a regular file".
Result<std::string> read_trusted_file(const std::string& path, FileTrust trust, std::size_t limit);

/// The same. A file that is written meanwhile is refused; `mark` is that of the content.
Result<std::string>
read_trusted_file(const std::string& path, FileTrust trust, std::size_t limit, FileMark& mark);

} // namespace accessd
