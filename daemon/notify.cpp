#include "daemon/notify.hpp"

#include <systemd/sd-daemon.h>

namespace accessd {

namespace {

void send(const std::string& state) {
    // Nobody can be told that telling failed; systemd's own timeout shows it.
    sd_notify(0, state.c_str());
}

} // namespace

void notify_ready(const std::string& status) {
    send("READY=1\nSTATUS=" + status);
}

void notify_status(const std::string& status) {
    send("STATUS=" + status);
}

void notify_stopping() {
    send("STOPPING=1");
}

} // namespace accessd
