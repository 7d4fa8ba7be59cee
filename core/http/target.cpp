#include "core/http/target.hpp"

#include "core/support/text.hpp"

namespace accessd {

RequestTarget&& RequestTarget::segment(std::string_view value) && {
    // A dot segment would climb out of its place (RFC 3986, 5.2.4), and dots are not encoded.
    invalid_ = invalid_ || value.empty() || value == "." || value == "..";
    if (!text_.empty() && text_.back() != '/') {
        text_ += '/';
    }
    append_percent_encoded(text_, value);
    return static_cast<RequestTarget&&>(*this);
}

RequestTarget RequestTarget::checked(std::string path_and_query) {
    RequestTarget target;
    target.has_query_ = path_and_query.find('?') != std::string::npos;
    target.text_ = std::move(path_and_query);
    return target;
}

void RequestTarget::append_query(std::string_view name, std::string_view value) {
    text_ += has_query_ ? '&' : '?';
    has_query_ = true;
    text_ += name;
    text_ += '=';
    append_percent_encoded(text_, value);
}

} // namespace accessd
