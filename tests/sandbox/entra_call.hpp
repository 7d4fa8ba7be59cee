#pragma once

#include "tests/sandbox/entra_state.hpp"
#include "tests/sandbox/wire.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace accessd::sandbox {

/// One request to Graph, be it alone or inside a batch.
class GraphCall {
public:
    std::string_view origin; ///< of the HTTP request
    std::string method;
    std::string path;                  ///< encoded, as it came, with "/v1.0"
    std::vector<std::string> segments; ///< decoded, without "v1.0"
    Pairs options;
    HttpHeaders headers;
    std::optional<boost::json::value> body; ///< nothing when there is none or it is not JSON
    const EntraToken* token = nullptr;
    TimePoint now{};

    bool may(std::initializer_list<std::string_view> any_of) const;
    /// The header "ConsistencyLevel: eventual" that advanced queries need.
    bool is_eventual() const;
};

class GraphReply {
public:
    GraphReply() = default;

    explicit GraphReply(int http_status) : status(http_status) {}

    explicit GraphReply(boost::json::object answer) : status(200), body(std::move(answer)) {}

    int status = 200;
    std::optional<boost::json::value> body;
    std::string text; ///< a text/plain body instead
};

GraphReply graph_error(int status, std::string_view code, std::string_view message);
GraphReply graph_denied();
GraphReply graph_not_found(std::string_view id);
GraphReply graph_bad_request(std::string_view message);

/// Refuses every query option that is not among `known`; nothing when all are.
std::optional<GraphReply>
refuse_options(const GraphCall& call, std::initializer_list<std::string_view> known);

/// Gives an error reply its innerError with the ids that support asks for.
void add_inner_error(GraphReply& reply, std::string_view id, std::string_view client_id, TimePoint now);

/// Routes and answers. The call's token has been checked.
GraphReply graph_route(EntraState& state, GraphCall call);
/// POST /$batch: https://learn.microsoft.com/graph/json-batching
GraphReply graph_batch(EntraState& state, const GraphCall& call);

GraphReply graph_list_users(EntraState& state, const GraphCall& call);
GraphReply graph_get_user(EntraState& state, const GraphCall& call);
GraphReply graph_list_groups(EntraState& state, const GraphCall& call);
GraphReply graph_get_group(EntraState& state, const GraphCall& call);
GraphReply graph_organization(EntraState& state, const GraphCall& call);

GraphReply graph_members(EntraState& state, const GraphCall& call);
GraphReply graph_transitive_members(EntraState& state, const GraphCall& call);
GraphReply graph_member_refs(EntraState& state, const GraphCall& call);
GraphReply graph_count_members(EntraState& state, const GraphCall& call);
GraphReply graph_member_of(EntraState& state, const GraphCall& call);
GraphReply graph_get_member_of(EntraState& state, const GraphCall& call);
GraphReply graph_transitive_member_of(EntraState& state, const GraphCall& call);
GraphReply graph_check_member_groups(EntraState& state, const GraphCall& call);

GraphReply graph_add_member(EntraState& state, const GraphCall& call);
GraphReply graph_remove_member(EntraState& state, const GraphCall& call);
/// A DELETE of the object itself.
GraphReply graph_catastrophe(EntraState& state, const GraphCall& call);

/// A list's answer: the page that the options ask for, made of ids in their order.
class GraphPage {
public:
    std::vector<std::string> ids;
    std::string next; ///< the last id when more follow
};

/// Cuts `ids` (sorted) to the page that $top and $skiptoken ask for. On bad options the reply is the error.
std::optional<GraphReply>
cut_page(const EntraState& state, const GraphCall& call, std::vector<std::string> ids, GraphPage& page);

/// {"@odata.context", "@odata.count"?, "@odata.nextLink"?}, to be completed with "value".
boost::json::object page_frame(
    const GraphCall& call, std::string_view context, const GraphPage& page, std::optional<std::size_t> count
);

} // namespace accessd::sandbox
