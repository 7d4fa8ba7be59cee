#include "tests/hostile_peers/fault.hpp"
#include "tests/sandbox/wire.hpp"

// What HTTP can say that nobody asked for.
namespace accessd::hostile {

namespace {

using Kind = Act::Kind;

/// The same bytes, whatever was asked.
Fault raw(std::string name, std::string bytes, Kind end = Kind::cut) {
    return Fault(
        std::move(name),
        Hope::recovers,
        [bytes = std::move(bytes), end](const HttpResponse&, const Scene&) {
            Script script(1, Act(Kind::send, bytes));
            script.emplace_back(end);
            return script;
        }
    );
}

/// The true answer, its bytes changed.
Fault changed(std::string name, Hope hope, std::string (*change)(std::string wire), Kind end = Kind::send) {
    return Fault(std::move(name), hope, [change, end](const HttpResponse& answer, const Scene&) {
        Script script(1, Act(Kind::send, change(to_wire(answer))));
        if (end != Kind::send) {
            script.emplace_back(end);
        }
        return script;
    });
}

std::string with_line(std::string wire, std::string_view line) {
    wire.insert(wire.find("\r\n") + 2, std::string(line) + "\r\n");
    return wire;
}

std::string replaced_length(std::string wire, std::string_view length) {
    const std::size_t at = wire.find("Content-Length: ");
    if (at == std::string::npos) {
        return with_line(std::move(wire), "Content-Length: " + std::string(length));
    }
    const std::size_t from = at + std::string_view("Content-Length: ").size();
    return wire.replace(from, wire.find("\r\n", from) - from, length);
}

std::string half_length(std::string wire) {
    const std::size_t body = wire.size() - wire.find("\r\n\r\n") - 4;
    return replaced_length(std::move(wire), std::to_string(body / 2));
}

std::string longer_length(std::string wire) {
    const std::size_t body = wire.size() - wire.find("\r\n\r\n") - 4;
    return replaced_length(std::move(wire), std::to_string(body + 5));
}

std::string in_chunks(std::string wire) {
    const std::size_t head = wire.find("\r\n\r\n") + 4;
    const std::string body = wire.substr(head);
    const std::size_t at = wire.find("Content-Length: ");
    if (at == std::string::npos || body.empty()) {
        return wire;
    }
    wire.resize(head);
    wire.replace(at, wire.find("\r\n", at) - at, "Transfer-Encoding: chunked");
    const std::string first = body.substr(0, body.size() / 2);
    const std::string second = body.substr(body.size() / 2);
    for (const std::string& part : {first, second}) {
        char size[32];
        std::snprintf(size, sizeof size, "%zX;ext=\"1\"\r\n", part.size());
        wire += part.empty() ? "" : size + part + "\r\n";
    }
    return wire + "0\r\nX-Trailer: 1\r\n\r\n";
}

std::string as_http10(std::string wire) {
    return wire.replace(0, 8, "HTTP/1.0");
}

/// Until the connection ends, as old servers answer.
std::string without_length(std::string wire) {
    const std::size_t at = wire.find("Content-Length: ");
    return at == std::string::npos ? wire : wire.erase(at, wire.find("\r\n", at) + 2 - at);
}

void add_lengths(std::vector<Fault>& faults) {
    const auto& add =
        [&](std::string name, Hope hope, std::string (*change)(std::string), Kind end = Kind::send) {
            faults.push_back(changed(std::move(name), hope, change, end));
        };
    add("length_too_short", Hope::recovers, half_length);
    add("length_too_long_silence", Hope::recovers, longer_length, Kind::silence);
    add("length_too_long_close", Hope::recovers, longer_length, Kind::goodbye);
    add("length_negative", Hope::recovers, [](std::string wire) {
        return replaced_length(std::move(wire), "-5");
    });
    add("length_no_number", Hope::recovers, [](std::string wire) {
        return replaced_length(std::move(wire), "5 bytes");
    });
    add("length_hex", Hope::recovers, [](std::string wire) { return replaced_length(std::move(wire), "0x5"); }
    );
    add(
        "length_of_an_exabyte",
        Hope::recovers,
        [](std::string wire) { return replaced_length(std::move(wire), "1152921504606846976"); },
        Kind::silence
    );
    add("length_overflow", Hope::recovers, [](std::string wire) {
        return replaced_length(std::move(wire), "18446744073709551617");
    });
    add("two_lengths", Hope::recovers, [](std::string wire) {
        return with_line(std::move(wire), "Content-Length: 3");
    });
    add(
        "length_and_chunked",
        Hope::recovers,
        [](std::string wire) { return with_line(std::move(wire), "Transfer-Encoding: chunked"); },
        Kind::silence
    );
    add(
        "unknown_transfer_coding",
        Hope::recovers,
        [](std::string wire) { return with_line(std::move(wire), "Transfer-Encoding: gzip"); },
        Kind::silence
    );
    add("chunked", Hope::passes, in_chunks);
    add("no_length_then_close", Hope::passes, without_length, Kind::goodbye);
    const std::string chunked =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    faults.push_back(raw("chunk_size_no_number", chunked + "zz\r\n{}\r\n0\r\n\r\n"));
    faults.push_back(raw("chunk_size_overflow", chunked + "fffffffffffffffff\r\n{}\r\n0\r\n\r\n"));
    faults.push_back(raw("chunk_size_negative", chunked + "-2\r\n{}\r\n0\r\n\r\n"));
    faults.push_back(raw("chunk_without_end", chunked + "2\r\n{}0\r\n\r\n"));
    faults.push_back(raw("last_chunk_missing", chunked + "2\r\n{}\r\n", Kind::goodbye));
}

void add_heads(std::vector<Fault>& faults) {
    faults.push_back(raw("http_0_9", "<html><body>It works!</body></html>", Kind::goodbye));
    faults.push_back(
        raw("http_2_preface", std::string("\0\0\x12\4\0\0\0\0\0\0\3\0\0\0\x80", 15), Kind::silence)
    );
    faults.push_back(raw("http_3_0", "HTTP/3.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"));
    faults.push_back(raw("not_http", std::string(3000, '\xa5')));
    faults.push_back(raw("smtp_greeting", "220 mail.acme.example ESMTP ready\r\n", Kind::silence));
    faults.push_back(raw("empty_lines", "\r\n\r\n\r\n\r\n"));
    faults.push_back(raw("status_of_two_digits", "HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\n{}"));
    faults.push_back(raw("status_of_four_digits", "HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\n{}"));
    faults.push_back(raw("status_000", "HTTP/1.1 000 OK\r\nContent-Length: 2\r\n\r\n{}"));
    faults.push_back(
        raw("header_of_1_mib",
            "HTTP/1.1 200 OK\r\nX-Filler: " + std::string(1U << 20U, 'x') + "\r\nContent-Length: 2\r\n\r\n{}")
    );
    faults.push_back(raw("header_without_colon", "HTTP/1.1 200 OK\r\nNonsense\r\nContent-Length: 2\r\n\r\n{}")
    );
    faults.push_back(raw(
        "header_with_nul", std::string("HTTP/1.1 200 OK\r\nX-Nul: a\0b\r\nContent-Length: 2\r\n\r\n{}", 51)
    ));
    faults.push_back(
        raw("switching_protocols",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
            Kind::silence)
    );
    faults.push_back(changed("http_1_0", Hope::passes, as_http10, Kind::goodbye));
    faults.push_back(changed("continue_first", Hope::passes, [](std::string wire) {
        return "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + wire;
    }));
    faults.push_back(changed("set_cookie", Hope::passes, [](std::string wire) {
        return with_line(
            std::move(wire), "Set-Cookie: canary-cookie=1; Path=/\r\nAlt-Svc: h3=\"evil.example:443\""
        );
    }));
    faults.push_back(changed("hundred_headers", Hope::passes, [](std::string wire) {
        for (int i = 0; i < 100; ++i) {
            wire = with_line(std::move(wire), "X-Filler-" + std::to_string(i) + ": " + std::string(100, 'x'));
        }
        return wire;
    }));
    faults.push_back(changed("folded_header", Hope::passes, [](std::string wire) {
        return with_line(std::move(wire), "X-Folded: one\r\n two");
    }));
    faults.push_back(changed("split_response", Hope::passes, [](std::string wire) {
        return with_line(std::move(wire), "X-Injected: a\r\nSet-Cookie: canary-cookie=2") +
               "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"value\":[]}";
    }));
    faults.push_back(changed(
        "keep_alive_then_close",
        Hope::passes,
        [](std::string wire) { return with_line(std::move(wire), "Connection: keep-alive"); },
        Kind::goodbye
    ));
}

void add_packed(std::vector<Fault>& faults) {
    const auto& add = [&](std::string name, Hope hope, std::string (*change)(std::string)) {
        faults.push_back(changed(std::move(name), hope, change));
    };
    add("says_gzip", Hope::recovers, [](std::string wire) {
        return with_line(std::move(wire), "Content-Encoding: gzip");
    });
    add("says_br", Hope::recovers, [](std::string wire) {
        return with_line(std::move(wire), "Content-Encoding: br");
    });
    add("says_identity", Hope::passes, [](std::string wire) {
        return with_line(std::move(wire), "Content-Encoding: identity");
    });
    // 20 bytes of gzip that would unpack to the two bytes "{}"; and a start that promises much more.
    const std::string packed("\x1f\x8b\x08\0\0\0\0\0\0\3\xab\xae\5\0\x43\xbf\xa6\xa3\2\0\0\0", 22);
    for (const bool bomb : {false, true}) {
        std::string body = packed;
        if (bomb) {
            body = packed.substr(0, 10) + std::string(1U << 20U, '\0');
        }
        faults.push_back(
            raw(bomb ? "gzip_bomb" : "gzip",
                to_wire(200, "Content-Type: application/json\r\nContent-Encoding: gzip\r\n", body),
                Kind::goodbye)
        );
    }
    faults.push_back(
        raw("gzip_unsaid", to_wire(200, "Content-Type: application/json\r\n", packed), Kind::goodbye)
    );
}

/// A redirect to what `target` makes of the request's scene.
Fault redirect(std::string name, int status, std::string (*target)(const Scene& scene)) {
    Fault fault(std::move(name), Hope::refused, [status, target](const HttpResponse&, const Scene& scene) {
        return Script(1, Act(Kind::send, to_wire(status, "Location: " + target(scene) + "\r\n", "")));
    });
    fault.vendor_acts = false;
    return fault;
}

void add_redirects(std::vector<Fault>& faults) {
    const auto& to_evil = [](const Scene& scene) { return scene.evil_origin + "/take"; };
    for (const int status : {301, 302, 303, 307, 308}) {
        faults.push_back(redirect("redirect_" + std::to_string(status) + "_to_another_host", status, to_evil)
        );
    }
    faults.push_back(redirect("redirect_to_itself", 307, [](const Scene& scene) { return scene.url; }));
    faults.push_back(redirect("redirect_to_own_path", 302, [](const Scene&) { return std::string("/login"); })
    );
    faults.push_back(redirect("redirect_to_http", 301, [](const Scene& scene) {
        return "http://" + scene.evil_origin.substr(8) + "/";
    }));
    faults.push_back(redirect("redirect_without_scheme", 302, [](const Scene& scene) {
        return scene.evil_origin.substr(6) + "/";
    }));
    faults.push_back(redirect("redirect_with_user", 302, [](const Scene& scene) {
        const sandbox::Url url(scene.url);
        return std::string(url.origin) + "@" + scene.evil_origin.substr(8) + "/";
    }));
    faults.push_back(redirect("multiple_choices", 300, to_evil));
    faults.push_back(redirect("not_modified", 304, to_evil));
    faults.push_back(redirect("use_proxy", 305, to_evil));
}

} // namespace

std::vector<Fault> protocol_faults() {
    std::vector<Fault> faults;
    add_lengths(faults);
    add_heads(faults);
    add_packed(faults);
    add_redirects(faults);
    return faults;
}

} // namespace accessd::hostile
