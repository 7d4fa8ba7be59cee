// Random tickets, people and rules: decide() approves what the promise itself, said again in other words in
// tests/core/policy/promise.cpp, allows, no more and no less.
#include "tests/core/policy/promise.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <fuzzer/FuzzedDataProvider.h>
#include <string>
#include <variant>

using namespace accessd;
using namespace accessd::policy_test;

namespace {

class FuzzedChance final : public Chance {
public:
    FuzzedChance(const std::uint8_t* data, std::size_t size) : in_(data, size) {}

    unsigned below(unsigned end) override { return in_.ConsumeIntegralInRange(0U, end - 1); }

private:
    FuzzedDataProvider in_;
};

void must_be_printable(const Decision& decision) {
    const auto* distrust = std::get_if<Distrust>(&decision);
    const auto* park = std::get_if<Park>(&decision);
    fuzz::must(distrust == nullptr || fuzz::is_printable(distrust->why.reason), "a refusal can be printed");
    fuzz::must(park == nullptr || fuzz::is_printable(park->reason), "a reason to park can be printed");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzedChance chance(data, size);
    const History history = some_history(chance);
    if (const auto wrong = disagreement(history)) {
        fuzz::must(false, *wrong, described(history));
    }
    must_be_printable(decide(history.ticket, history.policy, history.facts, nullptr));
    return 0;
}
