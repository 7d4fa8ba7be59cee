#include "core/jsm/cloud_source.hpp"

#include "core/jsm/people.hpp"
#include "core/jsm/portal_resolver.hpp"
#include "core/jsm/ticket_reader.hpp"
#include "core/jsm/ticket_search.hpp"
#include "core/jsm/ticket_writer.hpp"

#include <utility>

namespace accessd {

namespace {

template <class T> Task<Result<T>> refuse() {
    co_return Error(Fault::permanent, "jira.not_connected", "the portal's names have not been resolved yet");
}

class CloudSource final : public TicketSource {
public:
    CloudSource(PortalNames names, RestClient& rest, Clock& clock)
        : names_(std::move(names)), rest_(rest), writer_(rest, clock) {}

    Task<Result<Portal>> connect(TimePoint deadline) override {
        return connect_portal(rest_, names_, resolved_, deadline);
    }

    Task<Result<CandidatePage>> search(SearchWindow window, std::string page, TimePoint deadline) override {
        if (!resolved_) {
            return refuse<CandidatePage>();
        }
        return search_tickets(rest_, resolved_, std::move(window), std::move(page), deadline);
    }

    Task<Result<ReadTickets>> read(std::vector<std::string> issue_ids, TimePoint deadline) override {
        if (!resolved_) {
            return refuse<ReadTickets>();
        }
        return read_and_note(std::move(issue_ids), deadline);
    }

    Task<Result<Person>> person(std::string account_id, TimePoint deadline) override {
        return fetch_person(rest_, std::move(account_id), deadline);
    }

    Task<Result<std::vector<std::string>>> groups_of(std::string account_id, TimePoint deadline) override {
        return fetch_groups(rest_, std::move(account_id), deadline);
    }

    Task<Result<Told>> tell(TicketMessage message, TimePoint deadline) override {
        if (!resolved_) {
            return refuse<Told>();
        }
        return writer_.tell(resolved_->portal.own_account_id, std::move(message), deadline);
    }

private:
    Task<Result<ReadTickets>> read_and_note(std::vector<std::string> issue_ids, TimePoint deadline) {
        auto read = co_await read_tickets(rest_, resolved_, std::move(issue_ids), deadline);
        if (read) {
            writer_.note(*read);
        }
        co_return read;
    }

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
