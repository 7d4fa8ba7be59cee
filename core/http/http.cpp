#include "core/http/http.hpp"

#include "core/support/text.hpp"

namespace accessd {

void HttpHeaders::add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
}

std::optional<std::string_view> HttpHeaders::find(std::string_view name) const {
    for (const auto& [field, value] : fields_) {
        if (equals_ignoring_case(field, name)) {
            return value;
        }
    }
    return std::nullopt;
}

std::vector<std::string_view> HttpHeaders::find_all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const auto& [field, value] : fields_) {
        if (equals_ignoring_case(field, name)) {
            values.emplace_back(value);
        }
    }
    return values;
}

HttpRequest::HttpRequest(std::string http_method, std::string absolute_url)
    : method(std::move(http_method)), url(std::move(absolute_url)) {}

HttpResponse::HttpResponse(int status_code) : status(status_code) {}

} // namespace accessd
