#pragma once

#include "core/model/rule.hpp"

#include <string>
#include <vector>

namespace accessd {

/// Ids of the issue fields that we read; empty when they are not configured.
class PortalFields {
public:
    PortalFields() = default;

    std::string application;
    std::string access_type;
    std::string old_access_type;
    std::string approver;
    std::string beneficiary = "reporter";
    std::string duration;
    std::string reason;
    std::string request_type;
};

/// The portal with every name resolved, and the fields behind it.
class ResolvedPortal {
public:
    ResolvedPortal() = default;

    Portal portal;
    PortalFields fields;
};

} // namespace accessd
