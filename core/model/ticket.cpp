#include "core/model/ticket.hpp"

namespace accessd {

const FieldChange* last_status_change(const Ticket& ticket) {
    for (auto change = ticket.changes.rbegin(); change != ticket.changes.rend(); ++change) {
        if (change->field_id == "status") {
            return &*change;
        }
    }
    return nullptr;
}

std::string status_entry_id(const Ticket& ticket) {
    const FieldChange* change = last_status_change(ticket);
    return change != nullptr ? change->history_id : "created";
}

} // namespace accessd
