#pragma once

#include "core/model/time.hpp"
#include "tests/sandbox/jsm_state.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace accessd::sandbox::jsm {

/// A control call that cannot be done: thrown by the verbs, answered as {"error": what}.
class NotDone : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The arguments of a verb, looked up in the site; what is named but not there is NotDone.
class Arguments {
public:
    Arguments(State& state, const boost::json::object& given) : state_(state), given_(given) {}

    bool has(std::string_view name) const;
    std::string text(std::string_view name, std::string_view otherwise) const;
    std::string required(std::string_view name) const;
    std::int64_t number(std::string_view name, std::int64_t otherwise) const;
    bool flag(std::string_view name, bool otherwise) const;
    std::vector<std::string> list(std::string_view name) const;

    const boost::json::object& all() const { return given_; }

    Issue& issue() const;
    User& user(std::string_view text) const;
    /// `by`, or the automation.
    const User& actor(std::string_view name = "by") const;
    std::vector<const User*> approvers() const;
    Group& group() const;
    const Status& status(std::string_view text, const Project& project) const;

private:
    State& state_;
    const boost::json::object& given_;
};

using Verb = boost::json::object (*)(State&, const Arguments&, TimePoint now);

/// The verbs on issues, else the verbs on the site; null when there is none of that name.
Verb issue_verb(std::string_view name);
Verb site_verb(std::string_view name);

} // namespace accessd::sandbox::jsm
