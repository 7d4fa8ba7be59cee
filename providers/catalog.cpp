#include "providers/catalog.hpp"

#include "providers/entra/entra.hpp"

#include <algorithm>
#include <array>

namespace accessd {

std::string ProviderSettings::text(std::string_view name) const {
    const auto found = texts.find(name);
    return found == texts.end() ? std::string() : found->second;
}

Secret ProviderSettings::secret(std::string_view name) const {
    const auto found = secrets.find(name);
    return found == secrets.end() ? Secret() : found->second;
}

std::span<const ProviderSpec> provider_catalog() {
    static const std::array<ProviderSpec, 1> all = {entra_spec()};
    return all;
}

const ProviderSpec* find_provider(std::string_view system) {
    const auto all = provider_catalog();
    const auto found = std::ranges::find(all, system, &ProviderSpec::system);
    return found == all.end() ? nullptr : &*found;
}

} // namespace accessd
