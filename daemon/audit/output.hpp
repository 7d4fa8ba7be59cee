#pragma once

#include "core/model/result.hpp"

#include <filesystem>
#include <fstream>
#include <iosfwd>
#include <memory>
#include <string_view>

namespace accessd {

/// Where an export goes. What was begun and not closed leaves no file behind.
class AuditOutput {
public:
    /// "" or "-": `out`. Else a file that must not exist yet, with mode 0600: it holds people's names. Error
    /// "audit.unwritable" (permanent).
    static Result<AuditOutput> open(const std::filesystem::path& file, std::ostream& out);

    AuditOutput(AuditOutput&&) = default;
    AuditOutput& operator=(AuditOutput&&) = delete;
    ~AuditOutput();

    /// False: nothing more can be written, and close() says so.
    bool write(std::string_view text);

    /// All has been written, or error "audit.unwritable".
    Result<Done> close();

private:
    explicit AuditOutput(std::ostream& out) : out_(&out) {}

    std::ostream* out_;
    std::unique_ptr<std::ofstream> file_;
    std::filesystem::path path_;
};

} // namespace accessd
