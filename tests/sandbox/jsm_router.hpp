#pragma once

#include "tests/sandbox/jsm_call.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace accessd::sandbox::jsm {

/// Finds the operation for a request and checks what every operation demands of it.
class Router {
public:
    explicit Router(State& state);

    HttpResponse handle(const HttpRequest& request, TimePoint now);

    class Counted {
    public:
        const Route* route = nullptr;
        std::string_view start; ///< of every path that it matches
        std::uint64_t calls = 0;
    };

    const std::vector<Counted>& counted() const { return routes_; }

    std::uint64_t total() const { return total_; }

    void reset();

private:
    HttpResponse answer(const HttpRequest& request, Call& call);

    State& state_;
    std::vector<Counted> routes_;
    std::uint64_t total_ = 0;
};

} // namespace accessd::sandbox::jsm
