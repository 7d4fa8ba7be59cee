#pragma once

#include "core/model/request.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace accessd {

enum class Verdict : std::uint8_t {
    pass,
    fail,
    open, ///< not judged, or not recorded: judging ends with the first that fails
};

/// "pass", "FAIL", "-".
std::string_view to_string(Verdict verdict);

/// Something that decide() looks at before it believes an approval, in the order in which it looks.
class Check {
public:
    std::string_view name;                      ///< stable, for programs: "approver_allowed"
    std::string_view title;                     ///< what holds when it passes
    std::span<const std::string_view> refusals; ///< codes of docs/events.md; any of them is its failure
};

std::span<const Check> all_checks();

class JudgedCheck {
public:
    JudgedCheck(std::string_view its_name, std::string_view its_title) : name(its_name), title(its_title) {}

    std::string_view name;
    std::string_view title;
    Verdict verdict = Verdict::open;
    std::string
        evidence; ///< with `pass` what it rests on, with `fail` the sentence and its code; may be empty
};

/// What is known of each check from what is stored. A request with evidence passed all that apply to it.
std::vector<JudgedCheck> judge_checks(const Request& request);

} // namespace accessd
