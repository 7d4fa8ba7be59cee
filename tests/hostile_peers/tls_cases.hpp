#pragma once

#include "tests/hostile_peers/scenario.hpp"

#include <functional>
#include <string>
#include <vector>

namespace accessd::hostile {

/// A server whose TLS, address or name is at fault, for good or from some moment on.
class TlsCase {
public:
    TlsCase(std::string case_name, TlsPlan how, std::string words)
        : name(std::move(case_name)), plan(std::move(how)), reason(std::move(words)) {}

    std::string name;
    TlsPlan plan;
    std::string reason;         ///< what the error must say; empty: there is none, all must work
    bool while_running = false; ///< the daemon has spoken with the server before
};

std::vector<TlsCase> tls_cases();

/// The daemon meets the server, must not say a word to it, must say why, and must get through once it is
/// repaired.
Verdict play_tls_case(Stage& stage, const TlsCase& what, Host host);

} // namespace accessd::hostile
