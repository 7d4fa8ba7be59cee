#pragma once

#include "core/http/rest_client.hpp"

#include <string>

namespace accessd {

/// Jira and Jira Service Management on Cloud: one host, one credential, one client.
/// `base_url` is the site ("https://acme.atlassian.net") or the gateway with its path
/// ("https://api.atlassian.com/ex/jira/<cloudId>"), without a trailing slash.
RestProfile jira_profile(std::string base_url);

/// Reads both shapes of error bodies: {"errorMessages":[],"errors":{}} and the service desk's
/// {"errorMessage"}. Jira has no error codes, so the code stays empty.
VendorError read_jira_error(const boost::json::value& body);

} // namespace accessd
