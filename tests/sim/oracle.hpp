#pragma once

#include "core/model/rule.hpp"
#include "core/store/audit.hpp"
#include "tests/sim/history.hpp"
#include "tests/sim/ledger_view.hpp"
#include "tests/sim/plan.hpp"
#include "tests/sim/world.hpp"

#include <boost/json/value.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace accessd::test {

/// Knows everything that happened and holds the daemon to its promises: I1, I5, I7 and I8 at every call that
/// changes access, I3 and I9 when their time is up, and all of them at the end, when every fault is healed.
/// It judges by the vendors' own state and by what people did, never by what the daemon thinks; of the
/// daemon's database it asks only what is written down.
class Oracle {
public:
    Oracle(World& world, const Plan& plan, std::vector<AccessRule> rules);
    Oracle(const Oracle&) = delete;
    Oracle& operator=(const Oracle&) = delete;
    ~Oracle();

    /// Called for every request that arrives; for a trace.
    std::function<void(const std::string& line)> on_request;

    /// A daemon has started, or is about to go.
    void opened();
    void closed();

    /// An act is about to be carried out, and was, with what the world answered.
    void before(const Act& act, const boost::json::object& with);
    void after(const Act& act, const boost::json::object& with, const boost::json::value& answer);

    /// Checks what has run out of time.
    void check_deadlines();
    TimePoint next_deadline() const;

    /// How often the daemon is to poll from now on.
    void note_poll(Duration interval) { poll_interval_ = interval; }

    /// All is healed, and the time for everything to come right has passed.
    void judge();
    void violation(std::string promise, const std::string& what);

    std::int64_t database_version() { return view_->version(); }

    /// So many things have happened, says the audit.
    std::int64_t audit_rows() { return view_->audit_rows(); }

    /// Nothing that the daemon has begun waits for its end.
    bool is_at_rest();

    const std::vector<std::string>& violations() const { return violations_; }

    std::uint64_t grants() const { return grants_; }

    std::uint64_t revokes() const { return revokes_; }

    std::uint64_t faults() const { return faults_; }

    std::uint64_t trace() const { return trace_; }

private:
    /// One membership: the vendors' ids.
    class Key {
    public:
        std::string tenant;
        std::string group;
        std::string account;
        auto operator<=>(const Key&) const = default;
    };

    class Deadline {
    public:
        std::string issue_id;
        TimePoint moved_at;
        TimePoint at;
    };

    class Tenant {
    public:
        sandbox::EntraModel* model = nullptr;
        std::string application;
        std::map<std::string, std::set<std::string>> accounts; ///< ids that an address ever meant
        std::map<std::string, std::set<std::string>> groups;   ///< ids that a name ever meant
        std::map<std::string, std::string> pinned;             ///< name -> the id that was first written to
        std::map<std::string, std::string> known; ///< address -> the id that was first granted to
    };

    // While it runs.
    void on_write(const std::string& tenant, const sandbox::AccessWrite& write);
    void on_exchange(const HttpRequest& request, int status, std::string_view fault);
    void check_word(const sandbox::jsm::Issue& issue);
    void check_grant(const Key& key, TimePoint sent);
    void check_revoke(const Key& key, TimePoint sent);
    void expect_end(const std::string& issue_id);
    void check_intent(const Key& key, std::string_view operation);
    void check_pin(const Key& key);
    void check_identity(const Key& key);
    void mix(std::string_view text);
    void mix(std::uint64_t number);

    // What is known of tickets.
    std::vector<const sandbox::jsm::Issue*> issues() const;
    bool covers(const AccessRule& rule, const Key& key) const;
    bool is_account_of(const Key& key, const std::string& jira_account) const;
    bool is_reported_for(const sandbox::jsm::Issue& issue, const Key& key) const;
    std::optional<Duration> lease(const History& history, const AccessRule& rule, TimePoint when) const;
    bool says(
        const sandbox::jsm::Issue& issue,
        const sandbox::jsm::Change& entry,
        std::string_view kind,
        TimePoint when
    ) const;
    bool surely_live(const sandbox::jsm::Issue& issue, const Key& key, TimePoint when) const;
    bool maybe_live(const sandbox::jsm::Issue& issue, const Key& key, TimePoint when) const;
    bool may_be_removed(const Key& key, TimePoint approved, TimePoint when) const;
    bool may_be_replaced(const Key& key, TimePoint approved, TimePoint when) const;
    bool takes(const sandbox::jsm::Issue& issue, const Key& key, TimePoint when) const;
    bool is_overruled(const sandbox::jsm::Issue& issue, const Key& key, TimePoint when) const;
    bool maybe_live_since(const sandbox::jsm::Issue& issue, const Key& key, TimePoint since) const;
    bool is_member(const Key& key) const;
    bool may_look_present(const Key& key) const;
    std::vector<Key> keys_of(
        const sandbox::jsm::Issue& issue, TimePoint when, std::string_view type_field = access_type_field
    ) const;
    bool touched(const Key& key) const;
    bool is_ours(const sandbox::jsm::Change& change) const;

    // At the end.
    void judge_tickets();
    void judge_ticket(const sandbox::jsm::Issue& issue, const StoredState* stored);
    void judge_approved(const sandbox::jsm::Issue& issue, const StoredState* stored);
    void judge_voice(const sandbox::jsm::Issue& issue);
    void judge_memberships();
    void judge_secrets();
    void learn_directory();

    World& world_;
    const Plan& plan_;
    std::vector<AccessRule> rules_;
    std::unique_ptr<LedgerView> view_;
    AuditChain chain_;
    SelectSlots slots_;
    ApproverBook approvers_;
    std::map<std::string, Tenant> tenants_;
    std::vector<std::string> issue_ids_;
    std::map<std::string, sandbox::jsm::Issue> deleted_;
    std::map<Key, TimePoint> granted_by_us_; ///< first call
    std::set<Key> preexisting_;              ///< added by hand before any call of ours
    std::map<Key, TimePoint> revoked_at_;    ///< the last time that a revoke took something
    std::set<Key> by_hand_;
    std::set<Key> back_late_;        ///< by a call that was still under way when the last one was made
    std::set<std::string> replaced_; ///< addresses and group names that were deleted
    std::map<std::string, int> late_comments_; ///< by issue id or key
    std::vector<Deadline> deadlines_;
    Duration poll_interval_{0};
    Duration worst_jump_{0};
    std::vector<std::string> violations_;
    std::uint64_t grants_ = 0;
    std::uint64_t revokes_ = 0;
    std::uint64_t faults_ = 0;
    std::uint64_t trace_ = 1469598103934665603U;
};

} // namespace accessd::test
