#pragma once

#include <string>
#include <string_view>

namespace accessd {

/// A secret value. It has no operator<<, no formatter and no comparison, so that it cannot end in a log by
/// accident; its bytes are wiped when it dies.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value);
    Secret(const Secret&) = default;
    Secret& operator=(const Secret&) = default;
    Secret(Secret&&) noexcept = default;
    Secret& operator=(Secret&&) noexcept = default;
    ~Secret();

    /// For the one place that sends or signs.
    std::string_view reveal() const { return value_; }

    bool empty() const { return value_.empty(); }

private:
    std::string value_;
};

} // namespace accessd
