#pragma once

#include <string>

namespace accessd::test {

/// Gives the product the bug of this name (core/support/mutant.hpp). False when there is none of that name,
/// or it is not "none" and this build has none.
bool plant(const std::string& mutant);

} // namespace accessd::test
