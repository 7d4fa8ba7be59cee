#pragma once

#include "tests/sandbox/faults.hpp"
#include "tests/sandbox/vendor.hpp"

namespace accessd::sandbox {

/// Serves a Graph $batch, with the plan's in_batch rules applied to the requests inside: those never reach
/// the model, and those that depend on them are answered with 424.
HttpResponse
handle_batch_with_faults(VendorModel& model, FaultPlan& plan, const HttpRequest& request, TimePoint now);

} // namespace accessd::sandbox
