#pragma once

#include "core/http/http.hpp"
#include "core/model/time.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace accessd::hostile {

/// One thing that a server does on the wire. All but `send` and `trickle` end the conversation.
class Act {
public:
    enum class Kind : std::uint8_t {
        send,    ///< the text, in one piece
        pieces,  ///< the text, one byte after the other, as fast as they go
        trickle, ///< the text, one byte per pause
        flood,   ///< the text again and again, until the client has enough
        silence, ///< nothing more, until the client closes
        cut,     ///< the end of the connection without TLS's goodbye
        reset,   ///< the same by RST
        goodbye, ///< the end as it should be
    };

    explicit Act(Kind what, std::string words = "", std::chrono::milliseconds interval = {})
        : kind(what), text(std::move(words)), pause(interval) {}

    Kind kind;
    std::string text;
    std::chrono::milliseconds pause;
};

using Script = std::vector<Act>;

/// Where a fault strikes.
class Scene {
public:
    Scene() = default;

    std::string url;          ///< of the request
    std::string evil_origin;  ///< "https://host:port" of a server that must never be spoken to
    std::uint64_t strike = 0; ///< which one this is, from 0
    TimePoint now;
};

/// What may become of a ticket.
enum class Hope : std::uint8_t {
    passes,   ///< the daemon gets through while the fault lasts
    recovers, ///< it gets through after the fault, by itself
    refused,  ///< as recovers; or the vendor's "no" is taken for one: the request parks, visibly
};

enum class Strike : std::uint8_t {
    answer, ///< the request was read
    dial,   ///< when the client connects for it, before there is TLS
    kept,   ///< the connections that are kept for it end just before it is sent
};

/// How a server misbehaves: data, and the one function that makes a script from the true answer.
class Fault {
public:
    using Play = std::function<Script(const HttpResponse& answer, const Scene& scene)>;

    Fault(std::string fault_name, Hope what_then, Play what)
        : name(std::move(fault_name)), hope(what_then), play(std::move(what)) {}

    std::string name;
    Hope hope;
    Play play;
    Strike strike = Strike::answer;
    bool vendor_acts = true;  ///< the request is carried out before the fault hides the answer
    std::uint64_t times = 3;  ///< strikes, then it heals
    bool writes_only = false; ///< means nothing for an answer without a body
};

/// The true answer as bytes.
std::string to_wire(const HttpResponse& answer);
/// The same with other headers or another body; Content-Length fits.
std::string to_wire(int status, std::string_view header_lines, std::string_view body);

std::vector<Fault> connection_faults(); ///< TCP, framing, time
std::vector<Fault> protocol_faults();   ///< HTTP itself, packing, redirects
std::vector<Fault> status_faults();
std::vector<Fault> content_faults(); ///< bodies
std::vector<Fault> all_faults();

} // namespace accessd::hostile
