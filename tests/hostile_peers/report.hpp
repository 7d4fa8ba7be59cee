#pragma once

#include <string>

namespace accessd::hostile {

/// Which cases are played; empty: all.
class Choice {
public:
    Choice() = default;

    std::string fault;
    std::string endpoint;
    std::string story;
    std::string filter; ///< a part of "FAULT ENDPOINT STORY"
    bool list = false;
    bool verbose = false; ///< the log of every case
};

/// Plays the chosen cases and prints the table; 0 when nothing is wrong.
int run_table(const Choice& choice);

} // namespace accessd::hostile
