#include "core/support/json.hpp"
#include "tests/hostile_peers/fault.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

// What a body can hold in the place of what was asked for.
namespace accessd::hostile {

namespace {

namespace json = boost::json;
using Kind = Act::Kind;

/// The true answer with another body. Answers that have none keep having none.
Fault body(std::string name, Hope hope, std::function<std::string(const std::string&)> change) {
    Fault fault(
        std::move(name),
        hope,
        [change = std::move(change)](const HttpResponse& answer, const Scene&) {
            HttpResponse other = answer;
            if (!other.body.empty()) {
                other.body = change(other.body);
            }
            return Script(1, Act(Kind::send, to_wire(other)));
        }
    );
    fault.writes_only = true;
    return fault;
}

Fault fixed(std::string name, int status, std::string_view type, std::string text) {
    const std::string wire = to_wire(status, "Content-Type: " + std::string(type) + "\r\n", text);
    return Fault(std::move(name), Hope::recovers, [wire](const HttpResponse&, const Scene&) {
        return Script(1, Act(Kind::send, wire));
    });
}

/// Writes JSON with a say in every value; what makes documents that no library would write.
class Writer {
public:
    using Scalar = std::function<std::string(const json::value& value)>;
    using Member = std::function<std::string(std::string key, std::string value)>;

    Scalar scalar = [](const json::value& value) { return json::serialize(value); };
    Member member = [](std::string key, std::string value) { return key + ":" + value; };
    std::string more_members; ///< of every object

    std::string write(const json::value& value) const {
        std::string out;
        if (value.is_object()) {
            for (const auto& [key, inner] : value.get_object()) {
                out += out.empty() ? "" : ",";
                out += member(json::serialize(json::string(key)), write(inner));
            }
            out += !out.empty() && !more_members.empty() ? "," : "";
            return "{" + out + more_members + "}";
        }
        if (value.is_array()) {
            for (const json::value& inner : value.get_array()) {
                out += out.empty() ? "" : ",";
                out += write(inner);
            }
            return "[" + out + "]";
        }
        return scalar(value);
    }
};

Fault rewritten(std::string name, Hope hope, Writer writer) {
    return body(std::move(name), hope, [writer = std::move(writer)](const std::string& text) {
        auto value = parse_json(text);
        return value ? writer.write(*value) : text;
    });
}

Fault scalars(std::string name, Hope hope, Writer::Scalar scalar) {
    Writer writer;
    writer.scalar = std::move(scalar);
    return rewritten(std::move(name), hope, std::move(writer));
}

Fault members(std::string name, Hope hope, Writer::Member member) {
    Writer writer;
    writer.member = std::move(member);
    return rewritten(std::move(name), hope, std::move(writer));
}

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

std::string escaped(const json::value& value) {
    if (!value.is_string()) {
        return json::serialize(value);
    }
    std::string out = "\"";
    for (const char c : value.get_string()) {
        char unit[8];
        if (static_cast<unsigned char>(c) < 0x80) {
            std::snprintf(unit, sizeof unit, "\\u%04X", static_cast<unsigned>(c));
            out += unit;
        } else {
            out += c;
        }
    }
    return out + "\"";
}

void add_syntax(std::vector<Fault>& faults) {
    const auto& add = [&](std::string name, std::string (*change)(const std::string&)) {
        faults.push_back(body(std::move(name), Hope::recovers, change));
    };
    add("json_cut", [](const std::string& text) { return text.substr(0, text.size() / 2); });
    add("json_without_its_end",
        [](const std::string& text) { return text.substr(0, text.find_last_of("}]")); });
    add("json_with_more_behind", [](const std::string& text) { return text + "]"; });
    add("json_twice", [](const std::string& text) { return text + text; });
    add("json_with_byte_order_mark", [](const std::string& text) { return "\xef\xbb\xbf" + text; });
    add("json_with_comment", [](const std::string& text) { return "/* hello */" + text; });
    add("json_with_xssi_prefix", [](const std::string& text) { return ")]}',\n" + text; });
    add("json_of_depth_100000", [](const std::string&) { return nested(100000); });
    add("json_deep_inside", [](const std::string&) { return "{\"value\":" + nested(1000) + "}"; });
    add("json_open_depth_100000", [](const std::string&) { return std::string(100000, '['); });
    add("json_in_utf_16", [](const std::string& text) {
        std::string wide;
        for (const char c : text) {
            wide += c;
            wide += '\0';
        }
        return wide;
    });
    faults.push_back(scalars("numbers_nan", Hope::recovers, [](const json::value& value) {
        return value.is_string() ? json::serialize(value) : std::string("NaN");
    }));
    faults.push_back(scalars("strings_not_utf8", Hope::recovers, [](const json::value& value) {
        return value.is_string() ? "\"\xff\xc0\xaf\"" : json::serialize(value);
    }));
    faults.push_back(scalars("strings_with_lone_surrogate", Hope::recovers, [](const json::value& value) {
        return value.is_string() ? "\"\\ud800\"" : json::serialize(value);
    }));
    faults.push_back(scalars("strings_with_line_breaks", Hope::recovers, [](const json::value& value) {
        return value.is_string() ? "\"a\r\nb\"" : json::serialize(value);
    }));
}

void add_types(std::vector<Fault>& faults) {
    const auto& strings_to = [&](std::string name, std::string text) {
        faults.push_back(scalars(std::move(name), Hope::refused, [text](const json::value& value) {
            return value.is_string() ? text : json::serialize(value);
        }));
    };
    strings_to("strings_to_null", "null");
    strings_to("strings_to_numbers", "7");
    strings_to("strings_to_arrays", "[]");
    strings_to("strings_to_objects", "{}");
    strings_to("strings_empty", "\"\"");
    strings_to("strings_with_nul", "\"a\\u0000b\"");
    strings_to("strings_with_markup", "\"\\u001b[31m{code}*x*|](javascript:alert(1))\\n\\n\\u202e\"");
    strings_to("strings_of_64_kib", "\"" + std::string(65536, 'x') + "\"");
    const auto& numbers_to = [&](std::string name, std::string text) {
        faults.push_back(scalars(std::move(name), Hope::refused, [text](const json::value& value) {
            return value.is_number() ? text : json::serialize(value);
        }));
    };
    numbers_to("numbers_huge", "1e999");
    numbers_to("numbers_above_64_bits", "99999999999999999999");
    numbers_to("numbers_negative", "-1");
    numbers_to("numbers_fractions", "200.5");
    numbers_to("numbers_to_strings", "\"200\"");
    numbers_to("numbers_to_null", "null");
    faults.push_back(scalars("booleans_to_strings", Hope::refused, [](const json::value& value) {
        return value.is_bool() ? "\"true\"" : json::serialize(value);
    }));
    faults.push_back(scalars("booleans_to_null", Hope::refused, [](const json::value& value) {
        return value.is_bool() ? "null" : json::serialize(value);
    }));
    faults.push_back(members("members_renamed", Hope::refused, [](std::string key, std::string value) {
        return "\"x" + key.substr(1) + ":" + value;
    }));
    faults.push_back(members("members_to_null", Hope::refused, [](std::string key, std::string) {
        return key + ":null";
    }));
    faults.push_back(members("members_in_objects", Hope::refused, [](std::string key, std::string value) {
        return key + ":{\"value\":" + value + "}";
    }));
    faults.push_back(members("members_in_arrays", Hope::refused, [](std::string key, std::string value) {
        return key + ":[" + value + "]";
    }));
    faults.push_back(members(
        "members_twice_null_first",
        Hope::recovers,
        [](std::string key, std::string value) { return key + ":null," + key + ":" + value; }
    ));
    faults
        .push_back(members("members_twice_null_last", Hope::recovers, [](std::string key, std::string value) {
            return key + ":" + value + "," + key + ":null";
        }));
}

void add_whole(std::vector<Fault>& faults) {
    const std::string page =
        "<!DOCTYPE html><html><body><form action=\"/login\">Please sign in</form></body></html>";
    faults.push_back(fixed("html_page", 200, "text/html", page));
    faults.push_back(fixed("html_page_as_json", 200, "application/json", page));
    faults.push_back(fixed("html_page_403", 403, "text/html", page));
    faults.back().vendor_acts = false;
    faults.back().hope = Hope::refused;
    faults.push_back(fixed("html_page_502", 502, "text/html", page));
    faults.push_back(fixed("plain_text", 200, "text/plain", "OK"));
    faults.push_back(
        fixed("xml", 200, "application/xml", "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"a\">]><x/>")
    );
    faults.push_back(fixed("empty_200", 200, "application/json", ""));
    faults.push_back(fixed("blank_200", 200, "application/json", " \r\n\t "));
    faults.push_back(fixed("nothing_204", 204, "application/json", ""));
    for (const auto& [name, text] :
         {std::pair("json_null", "null"),
          std::pair("json_true", "true"),
          std::pair("json_number", "0"),
          std::pair("json_string", "\"ok\""),
          std::pair("json_empty_object", "{}"),
          std::pair("json_error_in_200", R"({"error":{"code":"x","message":"y"},"errorMessages":["z"]})")}) {
        faults.push_back(fixed(name, 200, "application/json", text));
        faults.back().hope = Hope::refused;
    }
}

/// Another page that must not be fetched, or that never ends.
Fault linked(std::string name, std::function<json::object(const Scene& scene)> more) {
    Fault fault(std::move(name), Hope::recovers, [more](const HttpResponse& answer, const Scene& scene) {
        HttpResponse other = answer;
        auto value = parse_json(other.body);
        if (value && value->is_object()) {
            for (const auto& member : more(scene)) {
                value->get_object()[member.key()] = member.value();
            }
            other.body = json::serialize(*value);
        }
        return Script(1, Act(Kind::send, to_wire(other)));
    });
    fault.writes_only = true;
    return fault;
}

void add_links(std::vector<Fault>& faults) {
    faults.push_back(linked("next_page_at_another_host", [](const Scene& scene) {
        const std::string evil = scene.evil_origin + "/v1.0/groups";
        return json::object{
            {"@odata.nextLink", evil}, {"nextPage", evil}, {"_links", json::object{{"next", evil}}}};
    }));
    faults.push_back(linked("next_page_is_this_page", [](const Scene& scene) {
        return json::object{
            {"@odata.nextLink", scene.url},
            {"nextPageToken", "canary-page"},
            {"isLast", false},
            {"isLastPage", false},
            {"_links", json::object{{"next", scene.url}}}};
    }));
    faults.back().times = 300;
    faults.back().hope = Hope::refused;
    faults.push_back(linked("next_page_is_no_link", [](const Scene&) {
        return json::object{{"@odata.nextLink", 7}, {"nextPageToken", json::array()}, {"isLast", "no"}};
    }));
}

void add_harmless(std::vector<Fault>& faults) {
    Writer writer;
    writer.more_members = R"("zzNew":{"a":[1,2,{"b":null}]},"zzMore":"x")";
    faults.push_back(rewritten("unknown_members", Hope::passes, writer));
    faults.push_back(scalars("strings_all_escaped", Hope::passes, escaped));
    faults.push_back(body("spread_over_lines", Hope::passes, [](const std::string& text) {
        auto value = parse_json(text);
        Writer spread;
        spread.member = [](std::string key, std::string inner) { return "\r\n\t" + key + " :\n " + inner; };
        return value ? "\r\n" + spread.write(*value) + "\r\n\r\n" : text;
    }));
    faults.push_back(body("1_mib_of_blanks", Hope::passes, [](const std::string& text) {
        return std::string(1U << 20U, ' ') + text;
    }));
    Fault untyped("wrong_content_type", Hope::passes, [](const HttpResponse& answer, const Scene&) {
        return Script(
            1, Act(Kind::send, to_wire(answer.status, "Content-Type: text/plain\r\n", answer.body))
        );
    });
    faults.push_back(std::move(untyped));
}

} // namespace

std::vector<Fault> content_faults() {
    std::vector<Fault> faults;
    add_whole(faults);
    add_syntax(faults);
    add_types(faults);
    add_links(faults);
    add_harmless(faults);
    return faults;
}

} // namespace accessd::hostile
