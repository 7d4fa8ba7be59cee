#pragma once

#include "tests/providers/sandbox_rig.hpp"

#include <memory>
#include <string>

namespace accessd::test {

/// Jane and "jira-software-users" in the sandbox's tenant.
class EntraRig final : public SandboxRig {
public:
    EntraRig();
    /// With other settings than the usual ones, or behind a gateway that does not know "/$batch".
    explicit EntraRig(ProviderSettings settings, bool with_batch = true);

    /// The usual settings: client_secret of the sandbox's tenant.
    static ProviderSettings usual_settings();

    AccessKey key() const override { return key_; }

    std::string address() const override { return "jane@acme.example"; }

    std::string group() const override { return "jira-software-users"; }

    std::string ambiguous_address() const override { return "twin@acme.example"; }

    std::string disabled_address() const override { return "disabled@acme.example"; }

    std::string ambiguous_group() const override { return "Twins"; }

    bool is_member() override;
    std::size_t catastrophes() override;

    std::int64_t stat(std::string_view name);

    /// Jane's membership as the usual call sees it.
    Result<Written> grant();
    Result<Written> revoke();
    Result<Holding> look(Depth depth);
    Result<Account> find_account(const std::string& address);
    Result<Entitlement> find_entitlement(const std::string& name);

private:
    AccessKey key_;
};

std::unique_ptr<ProviderRig> make_entra_rig();

} // namespace accessd::test
