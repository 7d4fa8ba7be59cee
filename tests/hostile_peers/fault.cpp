#include "tests/hostile_peers/fault.hpp"

#include <iterator>

namespace accessd::hostile {

namespace {

std::string assemble(int status, std::string_view header_lines, std::string_view body) {
    std::string wire = "HTTP/1.1 " + std::to_string(status) + " Said\r\n";
    wire.append(header_lines);
    if (status != 204 && status != 304) {
        wire.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
    }
    wire.append("\r\n").append(body);
    return wire;
}

} // namespace

std::string to_wire(const HttpResponse& answer) {
    std::string lines;
    for (const auto& [name, value] : answer.headers.all()) {
        lines.append(name).append(": ").append(value).append("\r\n");
    }
    return assemble(answer.status, lines, answer.body);
}

std::string to_wire(int status, std::string_view header_lines, std::string_view body) {
    return assemble(status, header_lines, body);
}

std::vector<Fault> all_faults() {
    std::vector<Fault> all;
    for (auto table : {connection_faults, protocol_faults, status_faults, content_faults}) {
        std::vector<Fault> some = table();
        std::move(some.begin(), some.end(), std::back_inserter(all));
    }
    // What stalls a call costs real time; once shows as much as thrice.
    for (Fault& fault : all) {
        const bool stalls =
            fault.name.find("silence") != std::string::npos || fault.name.starts_with("slow_");
        fault.times = stalls ? 1 : fault.times;
    }
    return all;
}

} // namespace accessd::hostile
