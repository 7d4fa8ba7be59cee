#pragma once

#include "core/engine/provider.hpp"
#include "core/http/rest_client.hpp"
#include "core/model/access.hpp"
#include "core/model/result.hpp"

#include <string>
#include <string_view>

namespace accessd::entra {

/// Is it a GUID, the only form in which Graph's object ids are put into URLs?
bool is_object_id(std::string_view text);

/// One user in one group, and every call about it.
///
/// This is the only place that builds a DELETE. Graph removes the membership only when the URL ends in
/// "/$ref"; without it the same URL deletes the person
/// (https://learn.microsoft.com/graph/api/group-delete-members). remove() has no parameter that could lose
/// it.
class Membership {
public:
    /// Permanent "entra.bad_id" when one of the key's ids is not a GUID.
    static Result<Membership> of(const AccessKey& key);

    /// `graph` is the API's root with its version: the reference must name the cloud that it is sent to.
    RestCall add(std::string_view graph) const;
    RestCall remove() const;
    RestCall look(Depth depth) const;

    /// Reads the 200 of look(). Transient "entra.unreadable" when the answer does not settle it.
    Result<Holding> read(Depth depth, const RestReply& reply) const;

    RestCall find_user() const;
    RestCall find_group() const;

    const std::string& group() const { return group_; }

    const std::string& user() const { return user_; }

private:
    Membership(std::string group, std::string user);

    std::string group_;
    std::string user_;
};

} // namespace accessd::entra
