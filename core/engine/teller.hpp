#pragma once

#include "core/engine/context.hpp"

namespace accessd {

/// Delivers messages from the outbox to their tickets.
class Teller {
public:
    explicit Teller(EngineContext& context) : context_(context) {}

    /// One attempt. With `tell.may_be_sent` the ticket is searched for the message first (I4). The outcome is
    /// stored: delivered, or when to try again. A message of an earlier status (not `current`) moves the
    /// ticket no more, and is dropped when it says that access was granted.
    Task<> deliver(Tell tell, bool current);

private:
    Task<> delivered(Tell tell, std::string outcome, Told told);
    Task<> drop(Tell tell);
    Task<> failed(Tell tell, Error error);
    Task<> save(Changes changes);

    EngineContext& context_;
};

} // namespace accessd
