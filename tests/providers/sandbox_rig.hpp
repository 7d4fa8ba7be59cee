#pragma once

#include "core/support/clock.hpp"
#include "providers/catalog.hpp"
#include "tests/providers/conformance.hpp"
#include "tests/sandbox/sandbox.hpp"
#include "tests/sandbox/sandbox_transport.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace accessd::test {

/// A rig over the in-process sandbox: a system's own rig adds its model, its settings and its people.
class SandboxRig : public ProviderRig {
public:
    SimWorld& world() override { return world_; }

    Provider& provider() override { return *provider_; }

    void befall(Trouble trouble) override;

    std::size_t token_fetches() const override;
    std::size_t api_calls() const override;

    sandbox::Sandbox& sandbox() { return sandbox_; }

    /// A control verb of the model that must succeed.
    boost::json::value control(std::string_view verb, const boost::json::value& arguments);

    /// The next `times` calls that match fail; without `times`, all of them.
    void
    fail(sandbox::FaultKind kind, std::string_view method, std::string_view path, std::uint64_t times = 1);

protected:
    /// `api` and `token` are globs of paths, as in FaultRule.
    SandboxRig(std::string vendor, std::string api, std::string token_endpoint);

    /// Builds the provider as the daemon would.
    void build(ProviderSettings settings);

    SimWorld world_;
    sandbox::Sandbox sandbox_;
    sandbox::SandboxTransport transport_;

private:
    std::string vendor_;
    std::string api_;
    std::string token_endpoint_;
    std::unique_ptr<Provider> provider_;
};

} // namespace accessd::test
