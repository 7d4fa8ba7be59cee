#pragma once

#include "core/model/time.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace accessd {

/// Connections that wait for their next use, a stack per server: the one used last is the likeliest to be
/// open still. A connection has `bool is_quiet()`: open, and nothing came that nobody asked for.
template <class Connection> class IdlePool {
public:
    IdlePool(std::size_t most_per_server, Duration limit) : most_(most_per_server), limit_(limit) {}

    /// One that can be used, or nothing.
    std::unique_ptr<Connection> take(const std::string& server, TimePoint now) {
        drop_old(now);
        const auto found = idle_.find(server);
        while (found != idle_.end() && !found->second.empty()) {
            std::unique_ptr<Connection> connection = std::move(found->second.back().connection);
            found->second.pop_back();
            if (connection->is_quiet()) {
                return connection;
            }
        }
        return nullptr;
    }

    void put(const std::string& server, std::unique_ptr<Connection> connection, TimePoint now) {
        drop_old(now);
        auto& stack = idle_[server];
        if (stack.size() < most_) {
            stack.emplace_back(std::move(connection), now);
        }
    }

    /// The server ends its connections silently: calls that cannot be repeated must not rely on them.
    void distrust(const std::string& server, TimePoint until) { distrusted_[server] = until; }

    bool is_trusted(const std::string& server, TimePoint now) const {
        const auto known = distrusted_.find(server);
        return known == distrusted_.end() || known->second <= now;
    }

private:
    class Entry {
    public:
        Entry(std::unique_ptr<Connection> held, TimePoint when) : connection(std::move(held)), since(when) {}

        std::unique_ptr<Connection> connection;
        TimePoint since;
    };

    void drop_old(TimePoint now) {
        for (auto& [server, stack] : idle_) {
            // Oldest first: the stack grows at its end. A clock that was set back makes all of them old.
            const auto young = std::find_if(stack.begin(), stack.end(), [&](const Entry& entry) {
                return entry.since <= now && now - entry.since < limit_;
            });
            stack.erase(stack.begin(), young);
        }
    }

    std::size_t most_;
    Duration limit_;
    std::map<std::string, std::vector<Entry>> idle_;
    std::map<std::string, TimePoint> distrusted_; ///< and until when
};

} // namespace accessd
