// A target built from any path segments and query values gives exactly these back when it is taken apart as
// RFC 3986 says; what no URL can hold makes it invalid.
#include "core/http/https_url.hpp"
#include "core/http/target.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <fuzzer/FuzzedDataProvider.h>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace accessd;

namespace {

std::string decoded(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            plain += text[i];
            continue;
        }
        fuzz::must(i + 2 < text.size(), "an escape has two digits", text);
        plain += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
        i += 2;
    }
    return plain;
}

bool cannot_be_a_segment(const std::string& text) {
    return text.empty() || text == "." || text == "..";
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzedDataProvider in(data, size);
    std::vector<std::string> segments;
    std::vector<std::string> values;
    RequestTarget target("/rest/");
    bool invalid = false;
    for (std::size_t count = in.ConsumeIntegralInRange<std::size_t>(0, 4); count > 0; --count) {
        segments.push_back(in.ConsumeRandomLengthString(200));
        invalid = invalid || cannot_be_a_segment(segments.back());
        RequestTarget longer = std::move(target).segment(segments.back());
        target = std::move(longer);
    }
    for (std::size_t count = in.ConsumeIntegralInRange<std::size_t>(0, 4); count > 0; --count) {
        values.push_back(in.ConsumeRandomLengthString(200));
        RequestTarget longer = std::move(target).query("name", values.back());
        target = std::move(longer);
    }
    fuzz::must(target.invalid() == invalid, "only segments that no path can hold are refused", target.text());
    if (invalid) {
        return 0;
    }
    const std::string url = "https://acme.example/base" + target.text();
    const auto parsed = parse_https_url(url);
    fuzz::must(parsed.has_value(), "what was built is a URL", url);
    fuzz::must(parsed->origin() == "acme.example:443", "no value leaves its place", url);

    std::string_view query = parsed->target;
    std::string_view path = fuzz::cut(query, '?');
    path.remove_prefix(std::string_view("/base/rest/").size());
    for (const std::string& segment : segments) {
        fuzz::must(decoded(fuzz::cut(path, '/')) == segment, "a segment comes back", url);
    }
    fuzz::must(path.empty(), "there are no more segments", url);
    for (const std::string& value : values) {
        std::string_view pair = fuzz::cut(query, '&');
        fuzz::must(fuzz::cut(pair, '=') == "name", "a name comes back", url);
        fuzz::must(decoded(pair) == value, "a value comes back", url);
    }
    fuzz::must(query.empty(), "there are no more values", url);
    return 0;
}
