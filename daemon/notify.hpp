#pragma once

#include <string>

namespace accessd {

// What systemd is told; nothing when $NOTIFY_SOCKET is not set. See sd_notify(3).

void notify_ready(const std::string& status);
void notify_status(const std::string& status);
void notify_stopping();

} // namespace accessd
