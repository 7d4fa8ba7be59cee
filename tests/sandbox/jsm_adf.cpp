#include "tests/sandbox/jsm_adf.hpp"

#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace accessd::sandbox::jsm {

namespace {

namespace json = boost::json;

/// A node or mark as http://go.atlassian.com/adf-json-schema describes it. Lists between blanks; a name that
/// starts with "!" is required.
class Shape {
public:
    std::string_view type;
    std::string_view content; ///< allowed children; empty: none may be there
    bool wants_content = false;
    std::string_view attributes;
};

constexpr std::string_view blocks =
    "paragraph heading bulletList orderedList codeBlock blockquote panel rule";
constexpr std::string_view inlines = "text hardBreak mention emoji date status";

constexpr std::array nodes = {
    Shape{"doc", blocks, false, ""},
    Shape{"paragraph", inlines, false, "localId"},
    Shape{"heading", inlines, false, "!level localId"},
    Shape{"bulletList", "listItem", true, "localId"},
    Shape{"orderedList", "listItem", true, "order localId"},
    Shape{"listItem", "paragraph bulletList orderedList codeBlock", true, "localId"},
    Shape{"codeBlock", "text", false, "language uniqueId localId wrap hideLineNumbers"},
    Shape{"blockquote", "paragraph bulletList orderedList codeBlock", true, "localId"},
    Shape{"panel", "paragraph heading bulletList orderedList", true, "!panelType panelIcon localId"},
    Shape{"rule", "", false, "localId"},
    Shape{"text", "", false, ""},
    Shape{"hardBreak", "", false, "text localId"},
    Shape{"mention", "", false, "!id localId text accessLevel userType"},
    Shape{"emoji", "", false, "!shortName id text localId"},
    Shape{"date", "", false, "!timestamp localId"},
    Shape{"status", "", false, "!text !color localId style"},
};

constexpr std::array marks = {
    Shape{"strong", "", false, ""},
    Shape{"em", "", false, ""},
    Shape{"code", "", false, ""},
    Shape{"strike", "", false, ""},
    Shape{"underline", "", false, ""},
    Shape{"subsup", "", false, "!type"},
    Shape{"textColor", "", false, "!color"},
    Shape{"link", "", false, "!href title id collection occurrenceKey"},
};

bool listed(std::string_view list, std::string_view word) {
    const auto words = split(list, ' ');
    return !word.empty() && std::ranges::find(words, word) != words.end();
}

const Shape* shape_of(std::span<const Shape> shapes, std::string_view type) {
    const auto found = std::ranges::find(shapes, type, &Shape::type);
    return found == shapes.end() ? nullptr : &*found;
}

std::optional<std::string> attributes_fault(const json::object& node, const Shape& shape) {
    const json::value* attrs = node.if_contains("attrs");
    if (attrs != nullptr && !attrs->is_object()) {
        return "attrs is not an object";
    }
    for (const std::string_view word : split(shape.attributes, ' ')) {
        if (word.starts_with('!') && (attrs == nullptr || !attrs->get_object().contains(word.substr(1)))) {
            return std::string(shape.type) + " lacks " + std::string(word.substr(1));
        }
    }
    if (attrs != nullptr) {
        for (const auto& member : attrs->get_object()) {
            const std::string name(member.key());
            if (!listed(shape.attributes, name) && !listed(shape.attributes, "!" + name)) {
                return std::string(shape.type) + " has no attribute " + name;
            }
        }
    }
    return std::nullopt;
}

std::optional<std::string> mark_fault(const json::value& mark) {
    const auto type = find_string(mark, "type");
    const Shape* shape = type ? shape_of(marks, *type) : nullptr;
    if (shape == nullptr) {
        return "a mark is unknown";
    }
    for (const auto& member : mark.get_object()) {
        if (!listed("type attrs", std::string_view(member.key().data(), member.key().size()))) {
            return "a mark has an unknown member";
        }
    }
    return attributes_fault(mark.get_object(), *shape);
}

std::optional<std::string> text_fault(const json::object& node) {
    const json::value* text = node.if_contains("text");
    if (text == nullptr || !text->is_string() || text->get_string().empty()) {
        return "a text node must have a text that is not empty";
    }
    for (const char c : text->get_string()) {
        if (static_cast<unsigned char>(c) < 0x20 && c != '\t') {
            return "a text node holds a line break or a control character";
        }
    }
    const json::value* list = node.if_contains("marks");
    if (list == nullptr) {
        return std::nullopt;
    }
    if (!list->is_array()) {
        return "marks is not an array";
    }
    bool code = false;
    bool other = false;
    for (const json::value& mark : list->get_array()) {
        if (auto fault = mark_fault(mark)) {
            return fault;
        }
        const std::string type = string_or_empty(mark, "type");
        code = code || type == "code";
        other = other || (type != "code" && type != "link");
    }
    return code && other ? std::optional<std::string>("the mark code goes with link only") : std::nullopt;
}

std::optional<std::string> node_fault(const json::value& value, std::string_view allowed, int depth);

std::optional<std::string> content_fault(const json::object& node, const Shape& shape, int depth) {
    const json::value* content = node.if_contains("content");
    const bool must = shape.wants_content || shape.type == "doc";
    if (content == nullptr) {
        return must ? std::optional<std::string>(std::string(shape.type) + " lacks content") : std::nullopt;
    }
    if (!content->is_array() || shape.content.empty()) {
        return std::string(shape.type) + " has a bad content";
    }
    if (shape.wants_content && content->get_array().empty()) {
        return std::string(shape.type) + " must not be empty";
    }
    for (const json::value& child : content->get_array()) {
        if (auto fault = node_fault(child, shape.content, depth + 1)) {
            return fault;
        }
    }
    return std::nullopt;
}

std::optional<std::string> node_fault(const json::value& value, std::string_view allowed, int depth) {
    const auto type = find_string(value, "type");
    if (!type || depth > 20 || !listed(allowed, *type)) {
        return "the node " + std::string(type.value_or("without type")) + " is not allowed here";
    }
    const Shape* shape = shape_of(nodes, *type);
    const json::object& node = value.get_object();
    const std::string_view members = *type == "text"  ? "type text marks"
                                     : *type == "doc" ? "type version content"
                                                      : "type attrs content";
    for (const auto& member : node) {
        if (!listed(members, std::string_view(member.key().data(), member.key().size()))) {
            return std::string(*type) + " has no member " + std::string(member.key());
        }
    }
    if (*type == "text") {
        return text_fault(node);
    }
    if (auto fault = attributes_fault(node, *shape)) {
        return fault;
    }
    return content_fault(node, *shape, depth);
}

void collect(const json::value& node, std::string& out) {
    const std::string type = string_or_empty(node, "type");
    if (type == "text") {
        out += string_or_empty(node, "text");
    } else if (type == "hardBreak") {
        out += '\n';
    }
    if (const json::array* content = find_array(node, "content")) {
        for (const json::value& child : *content) {
            collect(child, out);
        }
    }
    const bool line = type == "paragraph" || type == "heading" || type == "codeBlock";
    if (line) {
        out += '\n';
    }
}

} // namespace

std::optional<std::string> adf_fault(const json::value& document) {
    if (auto fault = node_fault(document, "doc", 0)) {
        return fault;
    }
    if (find_integer(document, "version") != 1) {
        return "the version must be 1";
    }
    return std::nullopt;
}

std::string adf_text(const json::value& document) {
    std::string out;
    collect(document, out);
    while (out.ends_with('\n')) {
        out.pop_back();
    }
    return out;
}

} // namespace accessd::sandbox::jsm
