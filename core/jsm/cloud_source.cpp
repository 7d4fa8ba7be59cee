#include "core/jsm/cloud_source.hpp"

#include "core/jsm/people.hpp"
#include "core/jsm/portal_resolver.hpp"
#include "core/jsm/ticket_reader.hpp"
#include "core/jsm/ticket_search.hpp"
#include "core/jsm/ticket_writer.hpp"

#include <utility>

namespace accessd {

namespace {

Error not_connected() {
    return Error(Fault::permanent, "jira.not_connected", "the portal's names have not been resolved yet");
}

class CloudSource final : public TicketSource {
public:
    CloudSource(PortalNames names, RestClient& rest, Clock& clock)
        : names_(std::move(names)), rest_(rest), writer_(rest, clock) {}

    Task<Result<Portal>> connect(TimePoint deadline) override {
        auto resolved = co_await resolve_portal(rest_, names_, deadline);
        if (!resolved) {
            co_return std::move(resolved).error();
        }
        resolved_ = std::make_shared<const ResolvedPortal>(std::move(*resolved));
        co_return resolved_->portal;
    }

    Task<Result<CandidatePage>> search(SearchWindow window, std::string page, TimePoint deadline) override {
        if (!resolved_) {
            co_return not_connected();
        }
        co_return co_await search_tickets(rest_, resolved_, std::move(window), std::move(page), deadline);
    }

    Task<Result<ReadTickets>> read(std::vector<std::string> issue_ids, TimePoint deadline) override {
        if (!resolved_) {
            co_return not_connected();
        }
        auto read = co_await read_tickets(rest_, resolved_, std::move(issue_ids), deadline);
        if (read) {
            writer_.note(*read);
        }
        co_return read;
    }

    Task<Result<Person>> person(std::string account_id, TimePoint deadline) override {
        co_return co_await fetch_person(rest_, std::move(account_id), deadline);
    }

    Task<Result<std::vector<std::string>>> groups_of(std::string account_id, TimePoint deadline) override {
        co_return co_await fetch_groups(rest_, std::move(account_id), deadline);
    }

    Task<Result<Told>> tell(TicketMessage message, TimePoint deadline) override {
        if (!resolved_) {
            co_return not_connected();
        }
        std::string own = resolved_->portal.own_account_id;
        co_return co_await writer_.tell(std::move(own), std::move(message), deadline);
    }

private:
    PortalNames names_;
    RestClient& rest_;
    TicketWriter writer_;
    std::shared_ptr<const ResolvedPortal> resolved_; // shared with calls under way: connect() may come again
};

} // namespace

std::unique_ptr<TicketSource> make_cloud_source(PortalNames names, RestClient& rest, Clock& clock) {
    return std::make_unique<CloudSource>(std::move(names), rest, clock);
}

} // namespace accessd
