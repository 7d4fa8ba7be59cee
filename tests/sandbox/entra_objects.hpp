#pragma once

#include "tests/sandbox/entra_call.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace accessd::sandbox {

/// Whether the vendor's description has such a property, held here or not.
bool is_user_property(std::string_view name);
bool is_group_property(std::string_view name);

/// A property's value; null for those that are not set here.
boost::json::value user_property(const EntraUser& user, std::string_view name);
boost::json::value group_property(const EntraGroup& group, std::string_view name);

/// What $select asks for.
class Selection {
public:
    /// Nothing when a name is unknown; the reply then is the error. `type` is "user", "group" or
    /// "directoryObject" (properties of both).
    static std::optional<Selection> parse(const GraphCall& call, std::string_view type, GraphReply& problem);

    boost::json::object of(const EntraUser& user) const;
    boost::json::object of(const EntraGroup& group) const;
    /// A user or group as a member of a collection of directory objects, with its "@odata.type". Without
    /// `may_read` no more than its id, as the vendor does for types that the app may not read.
    boost::json::object of_object(const EntraDirectory& directory, std::string_view id, bool may_read) const;

    bool is_default() const { return names_.empty(); }

private:
    std::vector<std::string> names_;
};

/// A $filter of the subset: eq and in on strings and booleans, any(x:x eq '...') on string collections,
/// startswith, and, or, parentheses. https://learn.microsoft.com/graph/filter-query-parameter
class Filter {
public:
    enum class Kind : std::uint8_t { all_of, any_of, equals, starts_with };

    /// Nothing when it is malformed or not supported for the type ("User" or "Group"); `problem` says so.
    static std::optional<Filter> parse(std::string_view text, std::string_view type, GraphReply& problem);

    template <class Object, class Property> bool matches(const Object& object, Property property) const {
        switch (kind) {
        case Kind::all_of:
            for (const Filter& part : parts) {
                if (!part.matches(object, property)) {
                    return false;
                }
            }
            return true;
        case Kind::any_of:
            for (const Filter& part : parts) {
                if (part.matches(object, property)) {
                    return true;
                }
            }
            return false;
        default:
            return compare(property(object, name));
        }
    }

    /// Compares a property's value with the literal: strings without regard to case, collections by element.
    bool compare(const boost::json::value& actual) const;

    Kind kind = Kind::equals;
    std::vector<Filter> parts;
    std::string name;
    boost::json::value literal;
};

} // namespace accessd::sandbox
