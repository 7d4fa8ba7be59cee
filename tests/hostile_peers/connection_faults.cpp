#include "tests/hostile_peers/fault.hpp"

// What TCP, TLS records and time can do to an answer.
namespace accessd::hostile {

namespace {

using namespace std::chrono_literals;
using Kind = Act::Kind;

// Slower than any call may take, fast enough to be seen to move.
constexpr std::chrono::milliseconds drip = 20ms;

/// Nothing but an end, the request carried out or not.
Fault ending(std::string name, Kind how, bool vendor_acts) {
    Fault fault(std::move(name), Hope::recovers, [how](const HttpResponse&, const Scene&) {
        return Script(1, Act(how));
    });
    fault.vendor_acts = vendor_acts;
    return fault;
}

/// A part of the true answer, then an end. `part` gives how much.
Fault broken_off(std::string name, std::size_t (*part)(const std::string& wire), Kind how) {
    return Fault(std::move(name), Hope::recovers, [part, how](const HttpResponse& answer, const Scene&) {
        const std::string wire = to_wire(answer);
        Script script(1, Act(Kind::send, wire.substr(0, part(wire))));
        script.emplace_back(how);
        return script;
    });
}

std::size_t head_length(const std::string& wire) {
    return wire.find("\r\n\r\n") + 4;
}

std::size_t half_of_head(const std::string& wire) {
    return head_length(wire) / 2;
}

/// All but the last byte of whatever there is.
std::size_t half_of_body(const std::string& wire) {
    const std::size_t head = head_length(wire);
    return wire.size() > head ? head + (wire.size() - head) / 2 : head - 1;
}

std::size_t all_of_it(const std::string& wire) {
    return wire.size();
}

Fault told(std::string name, Hope hope, Fault::Play play) {
    return Fault(std::move(name), hope, std::move(play));
}

Fault dialing(std::string name, Script script) {
    Fault fault(
        std::move(name),
        Hope::recovers,
        [script = std::move(script)](const HttpResponse&, const Scene&) { return script; }
    );
    fault.strike = Strike::dial;
    return fault;
}

Fault kept(std::string name, bool by_reset) {
    Fault fault(std::move(name), Hope::passes, [](const HttpResponse&, const Scene&) { return Script(); });
    fault.strike = Strike::kept;
    fault.vendor_acts = by_reset;
    return fault;
}

/// Bodies and headers without an end.
void add_endless(std::vector<Fault>& faults) {
    faults.push_back(told("endless_chunks", Hope::recovers, [](const HttpResponse&, const Scene&) {
        Script script(1, Act(Kind::send, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
        script.emplace_back(Kind::flood, "10000\r\n" + std::string(0x10000, ' ') + "\r\n");
        return script;
    }));
    faults.push_back(told("endless_headers", Hope::recovers, [](const HttpResponse&, const Scene&) {
        Script script(1, Act(Kind::send, "HTTP/1.1 200 OK\r\n"));
        script.emplace_back(Kind::flood, "X-Filler: " + std::string(4000, 'x') + "\r\n");
        return script;
    }));
    faults.push_back(told("endless_header", Hope::recovers, [](const HttpResponse&, const Scene&) {
        Script script(1, Act(Kind::send, "HTTP/1.1 200 OK\r\nX-Filler: "));
        script.emplace_back(Kind::flood, std::string(65536, 'x'));
        return script;
    }));
    faults.push_back(told("endless_trailers", Hope::recovers, [](const HttpResponse&, const Scene&) {
        Script script(
            1, Act(Kind::send, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n")
        );
        script.emplace_back(Kind::flood, "X-Filler: " + std::string(4000, 'x') + "\r\n");
        return script;
    }));
    faults.push_back(told("endless_chunk_extension", Hope::recovers, [](const HttpResponse&, const Scene&) {
        Script script(1, Act(Kind::send, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;"));
        script.emplace_back(Kind::flood, std::string(65536, 'x'));
        return script;
    }));
    faults.push_back(told("endless_body_until_close", Hope::recovers, [](const HttpResponse&, const Scene&) {
        Script script(1, Act(Kind::send, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"));
        script.emplace_back(Kind::flood, std::string(65536, ' '));
        return script;
    }));
    faults.push_back(told("endless_interim_answers", Hope::recovers, [](const HttpResponse&, const Scene&) {
        return Script(1, Act(Kind::flood, "HTTP/1.1 100 Continue\r\n\r\n"));
    }));
    faults.push_back(told("body_of_9_mib", Hope::recovers, [](const HttpResponse&, const Scene&) {
        const std::string body = "{\"filler\":\"" + std::string(9U << 20U, 'x') + "\"}";
        return Script(1, Act(Kind::send, to_wire(200, "Content-Type: application/json\r\n", body)));
    }));
    faults.push_back(told("chunks_of_9_mib", Hope::recovers, [](const HttpResponse&, const Scene&) {
        std::string wire = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (int i = 0; i < 9; ++i) {
            wire += "100000\r\n" + std::string(0x100000, ' ') + "\r\n";
        }
        return Script(1, Act(Kind::send, wire + "2\r\n{}\r\n0\r\n\r\n"));
    }));
}

void add_slow(std::vector<Fault>& faults) {
    faults.push_back(told("slow_headers", Hope::recovers, [](const HttpResponse& answer, const Scene&) {
        return Script(1, Act(Kind::trickle, to_wire(answer), drip));
    }));
    faults.push_back(told("slow_body", Hope::recovers, [](const HttpResponse& answer, const Scene&) {
        const std::string wire = to_wire(answer);
        Script script(1, Act(Kind::send, wire.substr(0, head_length(wire))));
        script.emplace_back(Kind::trickle, wire.substr(head_length(wire)) + std::string(4000, ' '), drip);
        return script;
    }));
    faults.back().writes_only = true;
    faults.push_back(told("slow_interim_answers", Hope::recovers, [](const HttpResponse&, const Scene&) {
        return Script(
            1, Act(Kind::trickle, "HTTP/1.1 102 Processing\r\nX-Wait: a little more of it\r\n\r\n", drip)
        );
    }));
    faults.push_back(told("one_byte_records", Hope::passes, [](const HttpResponse& answer, const Scene&) {
        const std::string wire = to_wire(answer);
        const std::size_t some = std::min<std::size_t>(wire.size(), 600);
        Script script(1, Act(Kind::pieces, wire.substr(0, some)));
        script.emplace_back(Kind::send, wire.substr(some));
        return script;
    }));
    faults.push_back(told("odd_boundaries", Hope::passes, [](const HttpResponse& answer, const Scene&) {
        const std::string wire = to_wire(answer);
        Script script;
        // Cuts inside of the status line, of a line end, of the empty line and of the body.
        const std::size_t head = head_length(wire);
        std::size_t from = 0;
        for (const std::size_t to : {std::size_t{5}, wire.find("\r\n") + 1, head - 3, head - 1, head + 1}) {
            if (to > from && to < wire.size()) {
                script.emplace_back(Kind::send, wire.substr(from, to - from));
                from = to;
            }
        }
        script.emplace_back(Kind::send, wire.substr(from));
        return script;
    }));
}

} // namespace

std::vector<Fault> connection_faults() {
    std::vector<Fault> faults = {
        ending("closed_unread", Kind::cut, false),
        ending("goodbye_unread", Kind::goodbye, false),
        ending("reset_unread", Kind::reset, false),
        ending("silence_unread", Kind::silence, false),
        ending("closed_done", Kind::cut, true),
        ending("goodbye_done", Kind::goodbye, true),
        ending("reset_done", Kind::reset, true),
        ending("silence_done", Kind::silence, true),
        broken_off("reset_in_headers", half_of_head, Kind::reset),
        broken_off("closed_in_headers", half_of_head, Kind::cut),
        broken_off("goodbye_in_headers", half_of_head, Kind::goodbye),
        broken_off("silence_in_headers", half_of_head, Kind::silence),
        broken_off("reset_in_body", half_of_body, Kind::reset),
        broken_off("closed_in_body", half_of_body, Kind::cut),
        broken_off("goodbye_in_body", half_of_body, Kind::goodbye),
        broken_off("silence_in_body", half_of_body, Kind::silence),
        broken_off("reset_after_answer", all_of_it, Kind::reset),
        broken_off("closed_after_answer", all_of_it, Kind::cut),
        broken_off("goodbye_after_answer", all_of_it, Kind::goodbye),
        dialing("silence_after_accept", Script(1, Act(Kind::silence))),
        dialing("reset_after_accept", Script(1, Act(Kind::reset))),
        dialing("closed_after_accept", Script(1, Act(Kind::cut))),
        dialing("http_instead_of_tls", Script(1, Act(Kind::send, "HTTP/1.1 400 Bad Request\r\n\r\n"))),
        dialing("noise_instead_of_tls", Script(1, Act(Kind::send, std::string(4096, '\x7e')))),
        kept("kept_connection_reset", true),
        kept("kept_connection_closed", false),
    };
    // The bytes that the server sent may be lost with a reset; what came is an answer.
    for (Fault& fault : faults) {
        if (fault.name.ends_with("_after_answer") && fault.name != "reset_after_answer") {
            fault.hope = Hope::passes;
        }
    }
    add_slow(faults);
    add_endless(faults);
    return faults;
}

} // namespace accessd::hostile
