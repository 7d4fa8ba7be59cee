#pragma once

#include "core/engine/machine.hpp"

// The parts of next(): one function per event, and what they share. Nothing outside the machine uses them.
namespace accessd::machine {

/// When a step happens and what it goes by.
class Moment {
public:
    Moment(TimePoint when, const StepRules& step_rules, std::uint64_t random_word)
        : at(when), rules(step_rules), dice(random_word) {}

    TimePoint at;
    const StepRules& rules;
    std::uint64_t dice;
};

// About the ticket (machine_ticket.cpp).
Step on(Situation before, const Approved& event, const Moment& moment);
Step on(Situation before, const Doubted& event, const Moment& moment);
Step on(Situation before, const Ended& event, const Moment& moment);
Step on(Situation before, const Vanished& event, const Moment& moment);
Step on(Situation before, const Reappeared& event, const Moment& moment);

// About what it asks for (machine_claims.cpp).
Step on(Situation before, const Resolved& event, const Moment& moment);
Step on(Situation before, const Unresolved& event, const Moment& moment);
Step on(Situation before, const Superseded& event, const Moment& moment);

// About the work (machine_calls.cpp).
Step on(Situation before, const Started& event, const Moment& moment);
Step on(Situation before, const Withheld& event, const Moment& moment);
Step on(Situation before, const Delayed& event, const Moment& moment);
Step on(Situation before, const Finished& event, const Moment& moment);
Step on(Situation before, const Woke& event, const Moment& moment);

/// Forgets what went wrong with the target's last operation.
void clear_failures(Target& target);

/// Key of a ticket other than `issue_id` with a live lease on the access; null when there is none.
const std::string* other_holder(const StoredAccess& stored, const std::string& issue_id);

/// Changes what is wanted of a key; a change starts a new generation.
void want(Access& access, bool desired);

/// Ends this request's claim on one target: it is kept, gone at once, or must be revoked (I3, I8).
void end_claim(Step& step, Target& target, StoredAccess& stored);
void end_all_claims(Step& step);

/// A proven removal's target: what others hold is theirs until the removal has reached them; see Superseded.
void take_away(Target& target, StoredAccess& stored, const Request& request);

/// Puts a message for the ticket into the outbox.
void tell(Step& step, TellKind kind);

/// The phase follows from the targets. It does not while an approval is not believed or its account not
/// known: then targets are left over from an earlier one.
bool judged_by_targets(const Request& request);

/// Only a reading of its ticket makes a request of nothing.
bool may_begin(const Event& event);

/// Gives revokes that were never tried a time in the phases in which the store looks at times only.
void wake_revokes(Request& request, TimePoint at);

/// Gives the request the phase that its targets make, if they do, and tells the ticket when it is a new one.
void settle(Step& step, Phase before);

Step begin(Situation before);
Step ignored(Situation before);

} // namespace accessd::machine
