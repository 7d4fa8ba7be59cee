#include "providers/entra/entra.hpp"

#include "core/http/rest_client.hpp"
#include "providers/entra/directory.hpp"
#include "providers/entra/entra_credentials.hpp"
#include "providers/entra/entra_errors.hpp"
#include "providers/entra/graph_batch.hpp"
#include "providers/entra/membership.hpp"

#include <array>
#include <utility>

namespace accessd {

namespace {

using entra::BatchReply;
using entra::GraphBatch;
using entra::Membership;
using entra::Work;

RestProfile graph_profile(const ProviderSettings& settings) {
    RestProfile profile;
    profile.system = "entra";
    profile.base_url = settings.text("api_url") + "/v1.0";
    profile.request_id_header = "request-id";
    profile.sent_request_id_header = "client-request-id";
    profile.max_in_flight = 8;
    profile.read_error = entra::read_graph_error;
    return profile;
}

constexpr std::array<SettingSpec, 7> settings_read = {
    SettingSpec{"tenant_id", SettingKind::text, true, ""},
    SettingSpec{"client_id", SettingKind::text, true, ""},
    SettingSpec{"client_secret", SettingKind::secret, false, ""},
    SettingSpec{"certificate", SettingKind::secret, false, ""},
    SettingSpec{"private_key", SettingKind::secret, false, ""},
    SettingSpec{"api_url", SettingKind::url, false, "https://graph.microsoft.com"},
    SettingSpec{"auth_url", SettingKind::url, false, "https://login.microsoftonline.com"},
};

class EntraProvider final : public Provider {
public:
    EntraProvider(RestProfile profile, std::unique_ptr<TokenSource> tokens, ProviderParts parts)
        : tokens_(std::move(tokens)),
          client_(std::move(profile), parts.transport, *tokens_, parts.clock, parts.random), batch_(client_) {
    }

    std::string_view system() const override { return "entra"; }

    Task<Result<Account>> find_account(std::string address, TimePoint deadline) override;
    Task<Result<Entitlement>> find_entitlement(std::string name, TimePoint deadline) override;
    Task<Result<Holding>> look(AccessKey key, Depth depth, TimePoint deadline) override;
    Task<Result<Written>> grant(AccessKey key, TimePoint deadline) override;
    Task<Result<Written>> revoke(AccessKey key, TimePoint deadline) override;

private:
    Task<Result<Holding>> look_at(Membership membership, Depth depth, TimePoint deadline);
    Task<Result<Done>> both_exist(Membership membership, TimePoint deadline);
    Task<Result<Written>> settle_grant(Membership membership, RestReply refusal, TimePoint deadline);
    Task<Result<Written>> settle_revoke(Membership membership, RestReply refusal, TimePoint deadline);
    Error refused(RestCall call, const RestReply& refusal) const;

    std::unique_ptr<TokenSource> tokens_;
    RestClient client_;
    GraphBatch batch_;
};

Written already_so(Holding seen) {
    Written written(Applied::already_so);
    written.seen = seen;
    return written;
}

/// What a write that Graph accepted came to, with the look that travelled with it.
Written changed(const Membership& membership, Depth depth, const BatchReply& reply) {
    Written written(Applied::changed);
    if (reply.look && reply.look->status == 200) {
        const auto seen = membership.read(depth, *reply.look);
        if (seen) {
            written.seen = *seen;
        }
    }
    return written;
}

bool is_gone(const Error& error) {
    return error.code() == "entra.account_gone" || error.code() == "entra.entitlement_gone";
}

/// An error of a read that followed a refused write: whatever became of the read, nothing was written.
Error after_refusal(Error error) {
    return std::move(error).with_effect(Effect::none);
}

} // namespace

Task<Result<Account>> EntraProvider::find_account(std::string address, TimePoint deadline) {
    if (!entra::may_name_user(address)) {
        co_return entra::user_not_found(address);
    }
    auto reply = co_await client_.call(entra::user_query(address), deadline);
    if (!reply) {
        co_return entra::explain(reply.error(), Work::read_users);
    }
    co_return entra::read_user(address, *reply);
}

Task<Result<Entitlement>> EntraProvider::find_entitlement(std::string name, TimePoint deadline) {
    if (!entra::may_name_group(name)) {
        co_return entra::group_not_found(name);
    }
    auto reply = co_await client_.call(entra::group_query(name), deadline);
    if (!reply) {
        co_return entra::explain(reply.error(), Work::read_groups);
    }
    co_return entra::read_group(name, *reply);
}

Task<Result<Holding>> EntraProvider::look(AccessKey key, Depth depth, TimePoint deadline) {
    auto membership = Membership::of(key);
    if (!membership) {
        co_return membership.error();
    }
    co_return co_await look_at(*membership, depth, deadline);
}

Task<Result<Holding>> EntraProvider::look_at(Membership membership, Depth depth, TimePoint deadline) {
    auto reply = co_await client_.call(membership.look(depth), deadline);
    if (!reply) {
        co_return entra::explain(reply.error(), Work::read_groups);
    }
    if (reply->status != 404) {
        co_return membership.read(depth, *reply);
    }
    auto there = co_await both_exist(membership, deadline);
    if (!there) {
        co_return there.error();
    }
    co_return entra::not_replicated("a look found neither the user nor the group, and yet both exist");
}

/// Says which of the two is gone after a 404 that may mean either.
Task<Result<Done>> EntraProvider::both_exist(Membership membership, TimePoint deadline) {
    auto user = co_await client_.call(membership.find_user(), deadline);
    if (!user) {
        co_return entra::explain(user.error(), Work::read_users);
    }
    if (user->status == 404) {
        co_return Error(
            Fault::permanent,
            "entra.account_gone",
            "the user " + membership.user() + " no longer exists in Entra"
        );
    }
    auto group = co_await client_.call(membership.find_group(), deadline);
    if (!group) {
        co_return entra::explain(group.error(), Work::read_groups);
    }
    if (group->status == 404) {
        co_return Error(
            Fault::permanent,
            "entra.entitlement_gone",
            "the group " + membership.group() + " no longer exists in Entra; name another one in the rule"
        );
    }
    co_return Done();
}

Task<Result<Written>> EntraProvider::grant(AccessKey key, TimePoint deadline) {
    auto membership = Membership::of(key);
    if (!membership) {
        co_return membership.error();
    }
    // Effective, since an accepted add is direct, and the index behind direct looks lags by seconds.
    auto reply = co_await batch_.send(
        membership->add(client_.profile().base_url), membership->look(Depth::effective), deadline
    );
    if (!reply) {
        co_return entra::explain(reply.error(), Work::write_members);
    }
    if (reply->write.status >= 400) {
        co_return co_await settle_grant(*membership, reply->write, deadline);
    }
    co_return changed(*membership, Depth::effective, *reply);
}

/// A 400 has no code that tells "is a member already" from a real refusal, and a 404 does not say who is
/// missing (https://learn.microsoft.com/graph/api/group-post-members): both are settled by reading.
Task<Result<Written>>
EntraProvider::settle_grant(Membership membership, RestReply refusal, TimePoint deadline) {
    if (refusal.status == 400) {
        auto seen = co_await look_at(membership, Depth::direct, deadline);
        if (!seen) {
            co_return after_refusal(seen.error());
        }
        // The write side's word counts where a replica still lags behind it.
        if (*seen == Holding::present || entra::says_already_member(refusal)) {
            co_return already_so(*seen);
        }
    }
    auto there = co_await both_exist(membership, deadline);
    if (!there) {
        co_return after_refusal(there.error());
    }
    if (refusal.status == 404 || entra::says_unknown_object(refusal)) {
        co_return entra::not_replicated("Entra says that the user or the group is missing, and yet both exist"
        );
    }
    co_return refused(membership.add(client_.profile().base_url), refusal);
}

Task<Result<Written>> EntraProvider::revoke(AccessKey key, TimePoint deadline) {
    auto membership = Membership::of(key);
    if (!membership) {
        co_return membership.error();
    }
    auto reply = co_await batch_.send(membership->remove(), membership->look(Depth::direct), deadline);
    if (!reply) {
        co_return entra::explain(reply.error(), Work::write_members);
    }
    if (reply->write.status >= 400) {
        co_return co_await settle_revoke(*membership, reply->write, deadline);
    }
    co_return changed(*membership, Depth::direct, *reply);
}

Task<Result<Written>>
EntraProvider::settle_revoke(Membership membership, RestReply refusal, TimePoint deadline) {
    auto seen = co_await look_at(membership, Depth::direct, deadline);
    if (!seen && is_gone(seen.error())) {
        co_return already_so(Holding::absent);
    }
    if (!seen) {
        co_return after_refusal(seen.error());
    }
    if (*seen == Holding::absent) {
        co_return already_so(Holding::absent);
    }
    if (refusal.status == 404) {
        co_return entra::not_replicated("Entra says both that the user is a member and that there is none");
    }
    co_return refused(membership.remove(), refusal);
}

/// The error that the refusal would have been, had we not looked closer.
Error EntraProvider::refused(RestCall call, const RestReply& refusal) const {
    call.accepted.clear();
    return entra::explain(client_.classify(call, refusal), Work::write_members);
}

namespace {

Result<std::unique_ptr<Provider>> make_entra(const ProviderSettings& settings, ProviderParts parts) {
    auto tokens = entra::make_token_source(settings, parts);
    if (!tokens) {
        return tokens.error();
    }
    return std::unique_ptr<Provider>(
        std::make_unique<EntraProvider>(graph_profile(settings), *std::move(tokens), parts)
    );
}

} // namespace

const ProviderSpec& entra_spec() {
    static constexpr ProviderSpec spec{"entra", settings_read, make_entra};
    return spec;
}

} // namespace accessd
