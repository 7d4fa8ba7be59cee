#include "core/store/audit_key.hpp"

#include "core/support/digest.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace accessd {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_file = 64 * 1024;

Error key_error(const fs::path& file, const std::string& what) {
    return Error(Fault::permanent, "store.key", escape_text(file.string(), 4096) + ": " + what);
}

class Descriptor {
public:
    Descriptor(const fs::path& file, int flags, mode_t mode = 0)
        : number(::open(file.c_str(), flags | O_CLOEXEC, mode)) {}

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    ~Descriptor() {
        if (number >= 0) {
            ::close(number);
        }
    }

    int number;
};

bool write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno != EINTR) {
            return false;
        }
        text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    return true;
}

/// All of it is on disk under this name, or nothing is. The umask does not count.
bool replace_file(const fs::path& file, std::string_view text, mode_t mode) {
    const fs::path fresh = fs::path(file).concat(".new");
    {
        const Descriptor made(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
        const bool done = made.number >= 0 && ::fchmod(made.number, mode) == 0 &&
                          write_all(made.number, text) && ::fsync(made.number) == 0;
        if (!done) {
            return false;
        }
    }
    const Descriptor directory(file.parent_path(), O_RDONLY | O_DIRECTORY);
    return ::rename(fresh.c_str(), file.c_str()) == 0 && directory.number >= 0 &&
           ::fsync(directory.number) == 0;
}

/// The content of a regular file; nothing when there is no file. FIFOs and devices would make us wait.
Result<std::optional<Secret>> read_file(const fs::path& file, mode_t forbidden) {
    const Descriptor opened(file, O_RDONLY | O_NONBLOCK);
    if (opened.number < 0 && errno == ENOENT) {
        return std::optional<Secret>();
    }
    struct stat status = {};
    if (opened.number < 0 || ::fstat(opened.number, &status) != 0) {
        return key_error(file, std::strerror(errno));
    }
    if (!S_ISREG(status.st_mode) || status.st_size > static_cast<off_t>(largest_file)) {
        return key_error(file, "is no file of keys");
    }
    if ((status.st_mode & forbidden) != 0) {
        return key_error(
            file, "others may read or change it; run: chmod 0600 " + escape_text(file.string(), 4096)
        );
    }
    std::string text(static_cast<std::size_t>(status.st_size), '\0');
    const ssize_t size = ::pread(opened.number, text.data(), text.size(), 0);
    if (size < 0) {
        return key_error(file, std::strerror(errno));
    }
    text.resize(static_cast<std::size_t>(size));
    return std::optional<Secret>(Secret(std::move(text)));
}

/// A name that no other audit has, and that goes with the key.
std::string name_of(const Ed25519Public& key) {
    const std::string bytes(key.begin(), key.end());
    return "accessd/" + sha256_hex(bytes).substr(0, 16) + "/audit";
}

Result<NoteSigner> make_key(const fs::path& file) {
    const Secret seed = Ed25519Key::new_seed();
    auto key = Ed25519Key::make(seed);
    auto text = key ? NoteSigner::text(name_of(key->public_key()), seed) : Result<Secret>(key.error());
    if (!text) {
        return key_error(file, "no key can be made: " + text.error().message());
    }
    const Secret line(std::string(text->reveal()) + "\n");
    if (!replace_file(file, line.reveal(), S_IRUSR | S_IWUSR)) {
        return key_error(file, std::string("cannot be written: ") + std::strerror(errno));
    }
    return NoteSigner(name_of(key->public_key()), std::move(*key));
}

Result<NoteSigner> load_key(const fs::path& file) {
    const auto text = read_file(file, S_IRWXG | S_IRWXO);
    if (!text) {
        return text.error();
    }
    if (!*text) {
        return make_key(file);
    }
    const std::string_view all = (*text)->reveal();
    auto signer = NoteSigner::parse(Secret(std::string(all.substr(0, all.find('\n')))));
    if (!signer) {
        return key_error(
            file, signer.error().message() + "; restore it from a backup, or move it away for a new one"
        );
    }
    return signer;
}

std::optional<Error> publish(const NoteKey& key, const fs::path& file) {
    const auto text = read_file(file, 0);
    if (!text) {
        return text.error();
    }
    std::string lines = *text ? std::string((*text)->reveal()) : std::string();
    const std::vector<std::string_view> known = split(lines, '\n');
    if (std::find(known.begin(), known.end(), key.text()) != known.end()) {
        return std::nullopt;
    }
    lines += (lines.empty() || lines.ends_with('\n') ? "" : "\n") + key.text() + "\n";
    if (!replace_file(file, lines, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH)) {
        return key_error(file, std::string("cannot be written: ") + std::strerror(errno));
    }
    return std::nullopt;
}

} // namespace

fs::path audit_public_file(const fs::path& directory) {
    return directory / "audit.pub";
}

Result<NoteSigner> load_audit_key(const fs::path& directory) {
    auto signer = load_key(directory / "audit.key");
    if (!signer) {
        return signer;
    }
    if (auto error = publish(signer->key(), audit_public_file(directory))) {
        return std::move(*error);
    }
    return signer;
}

Result<std::vector<NoteKey>> read_note_keys(const fs::path& file) {
    const auto text = read_file(file, 0);
    if (!text) {
        return text.error();
    }
    if (!*text) {
        return key_error(file, "there is no such file");
    }
    std::vector<NoteKey> keys;
    for (const std::string_view line : split((*text)->reveal(), '\n')) {
        auto key = NoteKey::parse(line);
        if (!key && !line.empty()) {
            return key_error(file, "holds a line that is no verifier key (<name>+<id>+<base64>)");
        }
        if (key) {
            keys.push_back(std::move(*key));
        }
    }
    if (keys.empty()) {
        return key_error(file, "holds no verifier key");
    }
    return keys;
}

} // namespace accessd
