#include "providers/entra/entra_errors.hpp"

#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace accessd::entra {

namespace {

/// The code of the innermost error: Graph nests "innerError", in some services "innererror".
std::string innermost_code(const boost::json::value& error) {
    constexpr int deepest = 8;
    const boost::json::value* at = &error;
    std::string code;
    for (int depth = 0; depth < deepest && at != nullptr; ++depth) {
        const std::string own = string_or_empty(*at, "code");
        code = own.empty() ? code : own;
        const boost::json::value* inner = find(*at, "innerError");
        at = inner != nullptr ? inner : find(*at, "innererror");
    }
    return code;
}

std::string_view missing_right(Work work) {
    switch (work) {
    case Work::read_users:
        return "the application permission User.Read.All";
    case Work::read_groups:
        return "the application permission GroupMember.ReadWrite.All (or Group.Read.All) to read groups";
    case Work::write_members:
        return "the application permissions GroupMember.ReadWrite.All and User.Read.All";
    }
    return "";
}

bool says(const RestReply& refusal, std::string_view sentence) {
    const boost::json::value* error = find(refusal.body, "error");
    return error != nullptr &&
           ascii_lower(string_or_empty(*error, "message")).find(sentence) != std::string::npos;
}

} // namespace

VendorError read_graph_error(const boost::json::value& body) {
    VendorError read;
    const boost::json::value* error = find(body, "error");
    if (error == nullptr) {
        return read;
    }
    const std::string outer = string_or_empty(*error, "code");
    const std::string inner = innermost_code(*error);
    read.code = escape_text(inner == outer ? outer : outer + "/" + inner, 128);
    read.message = escape_text(string_or_empty(*error, "message"));
    return read;
}

Error explain(Error error, Work work) {
    if (error.code() != "entra.forbidden") {
        return error;
    }
    return Error(
               Fault::permanent,
               "entra.forbidden",
               "Entra does not let accessd do this: grant its app registration " +
                   std::string(missing_right(work)) + " with admin consent [" + error.message() + "]"
    )
        .with_effect(error.effect());
}

Error unreadable(std::string_view what) {
    return Error(Fault::transient, "entra.unreadable", std::string(what) + "; accessd asks again");
}

Error not_replicated(std::string_view what) {
    return Error(
        Fault::transient,
        "entra.not_replicated",
        std::string(what) + "; Entra has not yet told all its replicas, accessd asks again"
    );
}

bool says_already_member(const RestReply& refusal) {
    return says(refusal, "added object references already exist");
}

bool says_unknown_object(const RestReply& refusal) {
    return says(refusal, "do not exist") || says(refusal, "does not exist");
}

} // namespace accessd::entra
