#pragma once

#include <string>
#include <string_view>

namespace accessd {

/// A secret value. It has no operator<<, no formatter and no comparison, so that it cannot end in a log by
/// accident; its bytes are wiped when it dies.
class Secret {
public:
    Secret() = default;
    /// Takes the value over and wipes the argument; a copy that the caller keeps is the caller's.
    explicit Secret(std::string value);
    Secret(const Secret& other) = default;
    Secret& operator=(const Secret& other);
    /// The source is wiped: a short string's bytes would else stay in it.
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    ~Secret();

    /// For the one place that sends or signs.
    std::string_view reveal() const { return value_; }

    bool empty() const { return value_.empty(); }

private:
    std::string value_;
};

} // namespace accessd
