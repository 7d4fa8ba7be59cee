// The whole client of Jira against a site that answers anything: every call ends, asks this site only, and
// fails with an error that can be printed; a person is the one that was asked for, and of tickets only those
// that were.
#include "core/jsm/cloud_source.hpp"
#include "core/jsm/jira_profile.hpp"
#include "core/jsm/people.hpp"
#include "core/jsm/ticket_reader.hpp"
#include "core/jsm/ticket_search.hpp"
#include "core/jsm/ticket_writer.hpp"
#include "tests/core/jsm/scripted_jira.hpp"
#include "tests/fuzz/vendor.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace accessd;

namespace {

const std::string site = "https://acme.atlassian.net";

std::shared_ptr<const ResolvedPortal> portal_with_requests() {
    auto portal = std::make_shared<ResolvedPortal>(*test::small_portal());
    portal->portal.request_types["96"] = RequestKind::grant;
    return portal;
}

class Calls {
public:
    explicit Calls(std::string_view script)
        : vendor_(site + "/"), rest_(jira_profile(site), vendor_, vendor_, vendor_.world, vendor_.world) {
        vendor_.play(script);
    }

    void make(char what) {
        switch (what) {
        case 'c':
            return connect();
        case 's':
            return search();
        case 'r':
            return read();
        case 'p':
            return person();
        case 'g':
            static_cast<void>(vendor_.finish(fetch_groups(rest_, "557058:jane", vendor_.deadline())));
            return;
        default:
            return tell(what);
        }
    }

private:
    void connect() {
        PortalNames names;
        names.project = "ACC";
        names.grant_types = {"Request Access"};
        names.application_field = "Application";
        names.access_type_field = "Access Type";
        names.approved_statuses = {"Approved"};
        names.revoked_statuses = {"Revoked"};
        auto source = make_cloud_source(std::move(names), rest_, vendor_.world);
        const auto portal = vendor_.finish(source->connect(vendor_.deadline()));
        fuzz::must(
            !portal || portal->status(portal->statuses.begin()->first) != nullptr, "a portal has statuses"
        );
    }

    void search() {
        const auto page =
            vendor_.finish(search_tickets(rest_, portal_, SearchWindow(), "", vendor_.deadline()));
        if (page && !page->next_page.empty()) {
            static_cast<void>(vendor_.finish(
                search_tickets(rest_, portal_, SearchWindow(), page->next_page, vendor_.deadline())
            ));
        }
    }

    void read() {
        const std::vector<std::string> wanted = {"10042", "10043"};
        const auto read = vendor_.finish(read_tickets(rest_, portal_, wanted, vendor_.deadline()));
        if (!read) {
            return;
        }
        std::vector<std::string> named = read->unseen;
        for (const auto& [id, error] : read->failed) {
            fuzz::must_be_sound(error);
            named.push_back(id);
        }
        for (const Ticket& ticket : read->tickets) {
            named.push_back(ticket.issue_id);
            const FieldChange* entered = last_status_change(ticket);
            fuzz::must(
                entered == nullptr || entered->to == ticket.status_id, "history and status fit together"
            );
            const bool ours = ticket.project_id == portal_->portal.project_id &&
                              portal_->portal.request_kind(ticket.request_type_id) != nullptr;
            const bool approved = ticket.status_id == "10012";
            fuzz::must(ticket.has_approvals == (ours && approved), "approvals are read where they decide");
        }
        std::sort(named.begin(), named.end());
        fuzz::must(named == wanted, "every ticket that was asked for is there once, and no other");
    }

    void person() {
        const auto person = vendor_.finish(fetch_person(rest_, "557058:jane", vendor_.deadline()));
        const bool same = !person || person->account_id.empty() || person->account_id == "557058:jane";
        fuzz::must(same, "a person is the one that was asked for", same ? "" : person->account_id);
    }

    void tell(char what) {
        TicketMessage message;
        message.issue_id = "10042";
        message.marker = "accessd:10042/10077/granted";
        message.lines = {"Access granted.", "audit #1 " + message.marker};
        message.move_to = what % 2 == 0 ? "10015" : "";
        message.visibility = what % 3 == 0 ? Comments::internal : Comments::public_;
        message.look_first = what % 5 == 0;
        TicketWriter writer(rest_, vendor_.world);
        ReadTickets read;
        read.tickets.emplace_back();
        read.tickets.back().issue_id = "10042";
        read.tickets.back().issue_type_id = "10002";
        writer.note(read);
        for (int times = 0; times < 2; ++times) {
            const auto told = vendor_.finish(writer.tell("557058:own", message, vendor_.deadline()));
            fuzz::must(
                !told || fuzz::is_printable(told->not_moved_why), "why it was not moved can be printed"
            );
            message.look_first = message.look_first || !told;
        }
    }

    fuzz::Vendor vendor_;
    RestClient rest_;
    std::shared_ptr<const ResolvedPortal> portal_ = portal_with_requests();
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view script = fuzz::as_text(data, size);
    const std::string_view calls = fuzz::cut(script, '\n').substr(0, 4);
    Calls made(script);
    for (const char call : calls) {
        made.make(call);
    }
    return 0;
}
