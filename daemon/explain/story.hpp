#pragma once

#include "core/model/request.hpp"
#include "core/model/result.hpp"
#include "core/model/time.hpp"
#include "core/store/ledger_file.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace accessd {

/// One audit row about a request.
class StoryEvent {
public:
    StoryEvent() = default;

    std::int64_t seq = 0;
    TimePoint at{};
    std::string code;
    boost::json::value body; ///< null when the row's is no JSON
    /// With the end of a call: how long it took. The call began with an intent of the same key before.
    std::optional<Duration> took;
};

/// All that a database tells about one ticket.
class Story {
public:
    Story() = default;

    Request request;
    std::vector<StoredAccess> accesses; ///< one for each target, in their order
    std::vector<StoredTell> tells;
    std::vector<StoryEvent> events; ///< in order of seq
};

/// The story of the request with this key or issue id; nothing when accessd knows none. Errors as
/// LedgerFile's.
Result<std::optional<Story>> load_story(LedgerFile& file, const std::string& key);

/// The row that says what became of a message; null while nothing has.
const StoryEvent* told(const Story& story, const Tell& tell);

/// "waiting", "told", "not told" (given up) or "withdrawn"; `event` as told() gives it.
std::string_view outcome(const StoredTell& stored, const StoryEvent* event);

/// "grant", "revoke" for the code of a row that ends a call; "" for others.
std::string_view ended_call(std::string_view code);

} // namespace accessd
