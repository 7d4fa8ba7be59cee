#include "core/store/text_list.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string_view.hpp>
#include <boost/json/value.hpp>

namespace accessd {

std::string encode_list(const std::vector<std::string>& texts) {
    std::string stored = "[";
    for (const std::string& text : texts) {
        stored += stored.size() > 1 ? "," : "";
        stored += boost::json::serialize(boost::json::string_view(text));
    }
    return stored + "]";
}

bool decode_list(std::string_view stored, std::vector<std::string>& texts) {
    texts.clear();
    // What came from outside and is no UTF-8 must come back as it was, not make the row unreadable.
    boost::json::parse_options options;
    options.allow_invalid_utf8 = true;
    boost::json::error_code error;
    const boost::json::value value =
        boost::json::parse(boost::json::string_view(stored.data(), stored.size()), error, {}, options);
    const boost::json::array* const items = error ? nullptr : value.if_array();
    if (items == nullptr) {
        return false;
    }
    for (const boost::json::value& item : *items) {
        const boost::json::string* const text = item.if_string();
        if (text == nullptr) {
            texts.clear();
            return false;
        }
        texts.emplace_back(text->data(), text->size());
    }
    return true;
}

} // namespace accessd
