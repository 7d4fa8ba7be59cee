// A comment of any text is a document that Jira takes: valid UTF-8, no control or direction characters, no
// empty nodes, within the limit; its marker is found again. Text made safe for logs is safe, bounded, and
// plain text stays as it is.
#include "core/jsm/adf.hpp"
#include "core/jsm/comment.hpp"
#include "core/support/json.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <fuzzer/FuzzedDataProvider.h>
#include <string>
#include <vector>

using namespace accessd;
namespace json = boost::json;

namespace {

/// Unicode's Bidi_Control and the line separators, in UTF-8.
constexpr std::array<std::string_view, 14> reordering = {
    "\u061C",
    "\u200E",
    "\u200F",
    "\u2028",
    "\u2029",
    "\u202A",
    "\u202B",
    "\u202C",
    "\u202D",
    "\u202E",
    "\u2066",
    "\u2067",
    "\u2068",
    "\u2069"};

bool is_clean(const std::string& text) {
    const bool control =
        std::any_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
    const bool turns = std::any_of(reordering.begin(), reordering.end(), [&](std::string_view mark) {
        return text.find(mark) != std::string::npos;
    });
    return !control && !turns && is_valid_utf8(text);
}

/// Characters as Jira counts them: text, and one for each break.
std::size_t check_paragraph(const json::value& paragraph) {
    fuzz::must(string_or_empty(paragraph, "type") == "paragraph", "a document holds paragraphs");
    const json::array* content = find_array(paragraph, "content");
    fuzz::must(content != nullptr && !content->empty(), "no paragraph is empty");
    std::size_t length = 1;
    for (const json::value& node : *content) {
        const std::string text = string_or_empty(node, "text");
        const bool is_break = string_or_empty(node, "type") == "hardBreak";
        fuzz::must(is_break || string_or_empty(node, "type") == "text", "only text and breaks");
        fuzz::must(is_break == text.empty(), "no text is empty");
        fuzz::must(is_clean(text), "text is clean", text);
        length += is_break ? 1 : text.size();
    }
    return length;
}

void check_document(const json::value& document) {
    const json::array* content = find_array(document, "content");
    fuzz::must(string_or_empty(document, "type") == "doc" && content != nullptr, "it is a document");
    std::size_t length = 0;
    for (const json::value& paragraph : *content) {
        length += check_paragraph(paragraph);
    }
    fuzz::must(length <= 32'767, "Jira takes no more than 32,767 characters", std::to_string(length));
    fuzz::must(parse_json(json::serialize(document)).has_value(), "it is JSON");
}

void check_escaped(const std::string& text, std::size_t limit) {
    const std::string safe = escape_text(text, limit);
    fuzz::must(safe.size() <= limit, "escaped text is bounded", safe);
    fuzz::must(is_clean(safe), "escaped text is clean", safe);
    const bool plain =
        std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f && c != '\\'; });
    fuzz::must(!plain || text.size() > limit || safe == text, "plain text stays", text);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzedDataProvider in(data, size);
    TicketMessage message;
    message.marker = "accessd:1042/10077/granted";
    message.visibility = in.ConsumeBool() ? Comments::internal : Comments::public_;
    const bool closed = in.ConsumeBool();
    const std::size_t limit = in.ConsumeIntegralInRange<std::size_t>(0, 300);
    while (in.remaining_bytes() > 0 && message.lines.size() < 100) {
        const unsigned times = in.ConsumeBool() ? in.ConsumeIntegralInRange(1U, 2000U) : 1U;
        const std::string piece = in.ConsumeRandomLengthString(200);
        check_escaped(piece, limit);
        std::string line;
        for (unsigned i = 0; i < times && line.size() < 50'000; ++i) {
            line += piece;
        }
        message.lines.push_back(std::move(line));
    }
    if (closed) {
        message.lines.push_back("audit #12 " + message.marker);
    }
    const json::value body = comment_body(message);
    const json::value* document = find(body, "body");
    fuzz::must(document != nullptr, "a comment has a body");
    check_document(*document);
    fuzz::must(adf_contains(*document, message.marker), "the marker is in the text");

    json::object posted = body.get_object();
    posted["id"] = "7";
    posted["author"] = json::object{{"accountId", "own"}};
    json::object page;
    page["comments"] = json::array{posted};
    fuzz::must(find_comment(page, message.marker, "own").id == "7", "the comment is found again");
    fuzz::must(find_comment(page, message.marker, "other").id.empty(), "another's comment is not ours");
    return 0;
}
