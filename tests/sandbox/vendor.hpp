#pragma once

#include "core/http/http.hpp"
#include "core/model/time.hpp"

#include <boost/json/value.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace accessd::sandbox {

/// A call that was to change who has access, as the vendor carried it out.
class AccessWrite {
public:
    AccessWrite(std::string_view of_entitlement, std::string_view of_account, bool adds, bool changes)
        : entitlement(of_entitlement), account(of_account), grant(adds), changed(changes) {}

    std::string_view entitlement; ///< the vendor's ids
    std::string_view account;
    bool grant;
    bool changed; ///< false: it was so already
};

/// One vendor, played: stateful, stricter than the real one, and a pure function of its state, the request
/// and the time. The same model answers in-process under test and over TLS in accessd-sandbox.
class VendorModel {
public:
    virtual ~VendorModel() = default;

    /// "jsm", "entra", ...: also the first path segment of its control calls.
    virtual std::string_view name() const = 0;

    /// Answers one request. `request.url` is absolute; the model looks at its path and query only. Anything
    /// that the vendor's description does not allow (unknown path, method, query parameter, body property,
    /// missing header, wrong media type) is answered with the vendor's own error.
    virtual HttpResponse handle(const HttpRequest& request, TimePoint now) = 0;

    /// Plays the people and admins on the vendor's side: what the tests, the demo and the benchmark do to its
    /// state. `verb` names the act, `arguments` and the answer are JSON objects. An answer with a string
    /// "error" means that it was not done.
    virtual boost::json::value
    control(std::string_view verb, const boost::json::value& arguments, TimePoint now) = 0;

    /// Called for every call of ours that was to change who has access, once it is carried out. What admins
    /// do by control verbs is none.
    std::function<void(const AccessWrite&)> on_access_write;

protected:
    void tell(const AccessWrite& write) const {
        if (on_access_write) {
            on_access_write(write);
        }
    }
};

} // namespace accessd::sandbox
