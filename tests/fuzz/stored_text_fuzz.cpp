// What the store writes as text comes back as it was: lists of any bytes, canonical JSON (which is a fixed
// point and does not depend on the order of names), and an audit row whose every byte counts.
#include "core/store/audit.hpp"
#include "core/store/text_list.hpp"
#include "core/support/json.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <fuzzer/FuzzedDataProvider.h>
#include <string>
#include <vector>

using namespace accessd;
namespace json = boost::json;

namespace {

/// Fractions are outside of the canonical form.
bool has_fraction(const json::value& value) {
    if (const json::array* array = value.if_array()) {
        return std::any_of(array->begin(), array->end(), has_fraction);
    }
    if (const json::object* object = value.if_object()) {
        return std::any_of(object->begin(), object->end(), [](const auto& member) {
            return has_fraction(member.value());
        });
    }
    return value.is_double();
}

json::value turned(const json::value& value) {
    if (const json::array* array = value.if_array()) {
        json::array made;
        for (const json::value& item : *array) {
            made.push_back(turned(item));
        }
        return made;
    }
    const json::object* object = value.if_object();
    if (object == nullptr) {
        return value;
    }
    json::object made;
    for (auto member = object->end(); member != object->begin();) {
        --member;
        made[member->key()] = turned(member->value());
    }
    return made;
}

void check_json(std::string_view text) {
    const auto parsed = parse_json(text);
    if (!parsed) {
        fuzz::must_be_sound(parsed.error());
        return;
    }
    if (has_fraction(*parsed)) {
        return;
    }
    const std::string canonical = canonical_json(*parsed);
    const auto again = parse_json(canonical);
    fuzz::must(again && *again == *parsed, "canonical JSON means the same", canonical);
    fuzz::must(canonical_json(*again) == canonical, "canonical JSON is a fixed point", canonical);
    fuzz::must(canonical_json(turned(*parsed)) == canonical, "the order of names does not count", canonical);
}

void check_list(std::string_view rest) {
    std::vector<std::string> texts;
    while (!rest.empty()) {
        texts.emplace_back(fuzz::cut(rest, '\n'));
    }
    std::vector<std::string> read;
    const std::string stored = encode_list(texts);
    fuzz::must(decode_list(stored, read) && read == texts, "a list comes back as it was", stored);
}

void check_audit(FuzzedDataProvider& in) {
    AuditRow row;
    row.seq = 1;
    row.at = TimePoint(Duration(in.ConsumeIntegral<std::int64_t>()));
    row.code = in.ConsumeRandomLengthString(40);
    row.body = in.ConsumeRandomLengthString(200);
    row.hash = audit_hash(audit_genesis, row.seq, row.at, row.code, row.body);
    fuzz::must(AuditChain().check(row).has_value(), "an audit row fits itself");
    AuditRow other = row;
    other.body += row.code.empty() ? std::string(1, '\0') : row.code.substr(row.code.size() - 1);
    other.code = row.code.empty() ? row.code : row.code.substr(0, row.code.size() - 1);
    fuzz::must(!AuditChain().check(other).has_value(), "no byte can move from code to body");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::as_text(data, size);
    check_json(text);
    check_list(text);
    std::vector<std::string> read;
    if (decode_list(text, read)) {
        std::vector<std::string> again;
        fuzz::must(decode_list(encode_list(read), again) && again == read, "a stored list is one", text);
    } else {
        fuzz::must(read.empty(), "what is no list gives none", text);
    }
    FuzzedDataProvider in(data, size);
    check_audit(in);
    return 0;
}
