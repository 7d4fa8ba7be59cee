#pragma once

#include <string>
#include <string_view>

namespace accessd {

/// Path and query of a URL, built from parts. Literals are fixed text of our own; everything else is
/// percent-encoded byte by byte (RFC 3986, 2.3: only unreserved characters stay), so no value can leave its
/// place.
class RequestTarget {
public:
    /// `literal` starts with "/" and is fixed text: "/rest/api/3/issue/".
    template <std::size_t N> explicit RequestTarget(const char (&literal)[N]) : text_(literal, N - 1) {}

    /// Appends one encoded path segment. An empty value, "." or ".." makes the target invalid().
    RequestTarget&& segment(std::string_view value) &&;

    /// Appends fixed text of the path: "/members/$ref".
    template <std::size_t N> RequestTarget&& literal(const char (&more)[N]) && {
        text_.append(more, N - 1);
        return static_cast<RequestTarget&&>(*this);
    }

    /// Appends "?name=value" or "&name=value"; `name` is fixed text, `value` is encoded.
    template <std::size_t N> RequestTarget&& query(const char (&name)[N], std::string_view value) && {
        append_query(std::string_view(name, N - 1), value);
        return static_cast<RequestTarget&&>(*this);
    }

    /// A path and query that came from the vendor and was checked by RestClient::follow.
    static RequestTarget checked(std::string path_and_query);

    bool invalid() const { return invalid_; }

    const std::string& text() const { return text_; }

private:
    RequestTarget() = default;
    void append_query(std::string_view name, std::string_view value);

    std::string text_;
    bool has_query_ = false;
    bool invalid_ = false;
};

} // namespace accessd
