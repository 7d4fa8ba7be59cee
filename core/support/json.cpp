#include "core/support/json.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_stack.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace accessd {

namespace {

namespace json = boost::json;

/// Builds the document as json::parse does, and counts the members on the way: Boost.JSON drops a repeated
/// name silently, and the count is what tells.
class StrictHandler {
public:
    static constexpr std::size_t max_array_size = json::array::max_size();
    // Names that collide on purpose make one object's table quadratic.
    static constexpr std::size_t max_object_size = 10'000;
    static constexpr std::size_t max_string_size = json::string::max_size();
    static constexpr std::size_t max_key_size = json::string::max_size();

    StrictHandler(unsigned char* buffer, std::size_t size) : stack_(json::storage_ptr(), buffer, size) {}

    std::size_t members() const { return members_; }

    json::value release() { return stack_.release(); }

    bool on_document_begin(json::error_code&) {
        stack_.reset();
        return true;
    }

    bool on_document_end(json::error_code&) { return true; }

    bool on_array_begin(json::error_code&) { return true; }

    bool on_array_end(std::size_t n, json::error_code&) {
        stack_.push_array(n);
        return true;
    }

    bool on_object_begin(json::error_code&) { return true; }

    bool on_object_end(std::size_t n, json::error_code&) {
        members_ += n;
        stack_.push_object(n);
        return true;
    }

    bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
        stack_.push_chars(part);
        return true;
    }

    bool on_string(json::string_view rest, std::size_t, json::error_code&) {
        stack_.push_string(rest);
        return true;
    }

    bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
        stack_.push_chars(part);
        return true;
    }

    bool on_key(json::string_view rest, std::size_t, json::error_code&) {
        stack_.push_key(rest);
        return true;
    }

    bool on_number_part(json::string_view, json::error_code&) { return true; }

    bool on_int64(std::int64_t value, json::string_view, json::error_code&) {
        stack_.push_int64(value);
        return true;
    }

    bool on_uint64(std::uint64_t value, json::string_view, json::error_code&) {
        stack_.push_uint64(value);
        return true;
    }

    bool on_double(double value, json::string_view, json::error_code& error) {
        if (!std::isfinite(value)) {
            error = json::error::exponent_overflow;
            return false;
        }
        stack_.push_double(value);
        return true;
    }

    bool on_bool(bool value, json::error_code&) {
        stack_.push_bool(value);
        return true;
    }

    bool on_null(json::error_code&) {
        stack_.push_null();
        return true;
    }

    bool on_comment_part(json::string_view, json::error_code&) { return true; }

    bool on_comment(json::string_view, json::error_code&) { return true; }

private:
    json::value_stack stack_;
    std::size_t members_ = 0;
};

std::size_t count_members(const json::value& value) {
    std::size_t count = 0;
    if (const json::object* object = value.if_object()) {
        count = object->size();
        for (const auto& member : *object) {
            count += count_members(member.value());
        }
    } else if (const json::array* array = value.if_array()) {
        for (const json::value& element : *array) {
            count += count_members(element);
        }
    }
    return count;
}

Error malformed(std::size_t offset, std::string_view why) {
    std::string message = "The body is not valid JSON at byte ";
    message += std::to_string(offset);
    message += ": ";
    message += why;
    message += ". Ask again later; when it stays, a proxy may be changing the answers.";
    return Error(Fault::transient, "json.malformed", std::move(message));
}

Result<json::value> parse_document(std::string_view text) {
    unsigned char buffer[4096];
    json::basic_parser<StrictHandler> parser(json::parse_options(), buffer, sizeof buffer);
    json::error_code error;
    const std::size_t taken = parser.write_some(false, text.data(), text.size(), error);
    if (error) {
        return malformed(taken, error.message());
    }
    if (taken < text.size()) {
        return malformed(taken, "something stands behind the document");
    }
    json::value document = parser.handler().release();
    if (count_members(document) != parser.handler().members()) {
        return malformed(taken, "an object has the same name twice");
    }
    return document;
}

void append_quoted(std::string& out, std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20) {
            out += "\\u00";
            out += hex[byte >> 4];
            out += hex[byte & 15];
            continue;
        }
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    out += '"';
}

void append_canonical(std::string& out, const json::value& value);

void append_canonical(std::string& out, const json::object& object) {
    std::vector<const json::key_value_pair*> members;
    members.reserve(object.size());
    for (const auto& member : object) {
        members.push_back(&member);
    }
    // char_traits<char> compares as unsigned bytes.
    std::ranges::sort(members, {}, [](const auto* member) { return std::string_view(member->key()); });
    out += '{';
    for (const auto* member : members) {
        if (out.back() != '{') {
            out += ',';
        }
        append_quoted(out, member->key());
        out += ':';
        append_canonical(out, member->value());
    }
    out += '}';
}

void append_canonical(std::string& out, const json::array& array) {
    out += '[';
    for (std::size_t i = 0; i < array.size(); ++i) {
        if (i > 0) {
            out += ',';
        }
        append_canonical(out, array[i]);
    }
    out += ']';
}

void append_canonical(std::string& out, const json::value& value) {
    if (const json::object* object = value.if_object()) {
        append_canonical(out, *object);
    } else if (const json::array* array = value.if_array()) {
        append_canonical(out, *array);
    } else if (const json::string* string = value.if_string()) {
        append_quoted(out, *string);
    } else if (value.is_int64()) {
        out += std::to_string(value.get_int64());
    } else if (value.is_bool()) {
        out += value.get_bool() ? "true" : "false";
    } else if (value.is_null()) {
        out += "null";
    } else {
        out += json::serialize(value);
    }
}

} // namespace

Result<boost::json::value> parse_json(std::string_view text) {
    try {
        return parse_document(text);
    } catch (const std::exception&) {
        return malformed(text.size(), "a value is too long");
    }
}

const boost::json::value* find(const boost::json::value& document, std::string_view name) {
    const json::object* object = document.if_object();
    const json::value* found = object != nullptr ? object->if_contains(name) : nullptr;
    return found != nullptr && !found->is_null() ? found : nullptr;
}

const boost::json::object* find_object(const boost::json::value& document, std::string_view name) {
    const json::value* found = find(document, name);
    return found != nullptr ? found->if_object() : nullptr;
}

const boost::json::array* find_array(const boost::json::value& document, std::string_view name) {
    const json::value* found = find(document, name);
    return found != nullptr ? found->if_array() : nullptr;
}

std::optional<std::string_view> find_string(const boost::json::value& document, std::string_view name) {
    const json::value* found = find(document, name);
    const json::string* string = found != nullptr ? found->if_string() : nullptr;
    if (string == nullptr) {
        return std::nullopt;
    }
    return std::string_view(*string);
}

std::optional<std::int64_t> find_integer(const boost::json::value& document, std::string_view name) {
    const json::value* found = find(document, name);
    if (found == nullptr || !found->is_int64()) {
        return std::nullopt; // a uint64 is by definition beyond what fits
    }
    return found->get_int64();
}

std::optional<bool> find_bool(const boost::json::value& document, std::string_view name) {
    const json::value* found = find(document, name);
    if (found == nullptr || !found->is_bool()) {
        return std::nullopt;
    }
    return found->get_bool();
}

std::string string_or_empty(const boost::json::value& document, std::string_view name) {
    return std::string(find_string(document, name).value_or(std::string_view()));
}

std::string canonical_json(const boost::json::value& document) {
    std::string out;
    append_canonical(out, document);
    return out;
}

} // namespace accessd
