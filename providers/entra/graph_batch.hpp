#pragma once

#include "core/http/rest_client.hpp"
#include "core/model/result.hpp"
#include "core/support/task.hpp"

#include <boost/json/value.hpp>

#include <optional>

namespace accessd::entra {

/// A write's reply and, where both went in one call, the reply of the look behind it.
class BatchReply {
public:
    BatchReply() = default;

    RestReply write;
    std::optional<RestReply> look;
};

/// Sends a write and the look behind it as one HTTP call
/// (https://learn.microsoft.com/graph/json-batching). Where Graph stands behind a gateway that does not let
/// "/$batch" through, it sends the write alone, from the first refusal to the end of the process.
class GraphBatch {
public:
    explicit GraphBatch(RestClient& client) : client_(client) {}

    /// The write's reply has a 2xx or one of `write`'s accepted statuses; every other outcome is the error
    /// that RestClient gives for it. A look that failed is left out.
    Task<Result<BatchReply>> send(RestCall write, RestCall look, TimePoint deadline);

private:
    Result<BatchReply> read(const RestCall& write, const RestCall& look, const RestReply& outer);
    Error failed(const RestCall& call, const RestReply& reply);

    RestClient& client_;
    bool batching_ = true;
};

} // namespace accessd::entra
