#include "tests/support/planted.hpp"

#include "core/support/mutant.hpp"

#include <cstddef>

namespace accessd::test {

bool plant(const std::string& mutant) {
    for (std::size_t i = 0; i < mutant_names.size(); ++i) {
        if (mutant_names[i] == mutant) {
#ifdef ACCESSD_MUTANTS
            planted_mutant = static_cast<Mutant>(i);
            return true;
#else
            return i == 0;
#endif
        }
    }
    return false;
}

} // namespace accessd::test
