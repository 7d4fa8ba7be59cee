#include "core/support/digest.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "tests/sandbox/jsm_call.hpp"
#include "tests/sandbox/jsm_jql.hpp"
#include "tests/sandbox/jsm_render.hpp"

#include <algorithm>
#include <array>

namespace accessd::sandbox::jsm {

namespace {

constexpr auto token_life = std::chrono::hours(24 * 7);

using Place = SearchIndex::Place;

class Hit {
public:
    Place place;
    const Facts* facts = nullptr;
};

/// What a search asks for, from the query string or from the body.
class Question {
public:
    Question() = default;

    std::string jql;
    std::string token;
    std::int64_t limit = 50;
    std::vector<std::string> fields;
    std::vector<std::string> expand;
    std::vector<std::string> properties;
    std::vector<std::int64_t> reconcile;
};

/// Walks what the index holds in the query's order, and the reconciled issues between it as they are now.
class Walk {
public:
    Walk(Call& call, const Jql& jql, const Question& question) : call_(call), jql_(jql) {
        fresh_.insert(question.reconcile.begin(), question.reconcile.end());
        for (const std::int64_t id : fresh_) {
            const Issue* issue = call.state.find_issue(id);
            if (issue != nullptr) {
                keep(id, issue->facts);
            }
        }
        if (const auto ids = jql.ids()) {
            for (const std::int64_t id : *ids) {
                const Facts* facts = fresh_.contains(id) ? nullptr : call.state.index.find(id);
                if (facts != nullptr) {
                    keep(id, *facts);
                }
            }
        } else {
            open_shelves();
        }
        std::ranges::sort(few_, [this](const Hit& left, const Hit& right) {
            return before(left.place, right.place);
        });
    }

    /// Continues behind a place.
    void skip_to(Place place) {
        while (next_few_ < few_.size() && !before(place, few_[next_few_].place)) {
            ++next_few_;
        }
        for (Cursor& cursor : cursors_) {
            cursor.at = jql_.descending ? cursor.order->lower_bound(place) : cursor.order->upper_bound(place);
        }
    }

    const Hit* next() {
        while (true) {
            Cursor* nearest = nullptr;
            for (Cursor& cursor : cursors_) {
                if (!done(cursor) && (nearest == nullptr || before(peek(cursor), peek(*nearest)))) {
                    nearest = &cursor;
                }
            }
            const bool few = next_few_ < few_.size();
            if (few && (nearest == nullptr || before(few_[next_few_].place, peek(*nearest)))) {
                return &few_[next_few_++];
            }
            if (nearest == nullptr || out_of_range(peek(*nearest))) {
                return few ? &few_[next_few_++] : nullptr;
            }
            hit_.place = peek(*nearest);
            advance(*nearest);
            hit_.facts = call_.state.index.find(hit_.place.second);
            if (!fresh_.contains(hit_.place.second) && matches(hit_.place.second, *hit_.facts)) {
                return &hit_;
            }
        }
    }

private:
    class Cursor {
    public:
        const SearchIndex::Order* order = nullptr;
        SearchIndex::Order::const_iterator at;
    };

    bool before(const Place& left, const Place& right) const {
        return jql_.descending ? right < left : left < right;
    }

    bool matches(std::int64_t id, const Facts& facts) const {
        return call_.sees(*facts.project) && jql_.matches(id, facts);
    }

    void keep(std::int64_t id, const Facts& facts) {
        if (matches(id, facts)) {
            Hit& hit = few_.emplace_back();
            hit.place = {
                jql_.sort == Jql::Sort::updated ? facts.updated_at.time_since_epoch().count() : 0, id};
            hit.facts = &facts;
        }
    }

    void open_shelves() {
        const auto statuses = jql_.statuses();
        from_ = jql_.sort == Jql::Sort::updated ? jql_.updated_from() : std::nullopt;
        for (const auto& [status, shelf] : call_.state.index.shelves()) {
            if (statuses && !statuses->contains(status)) {
                continue;
            }
            Cursor& cursor = cursors_.emplace_back();
            cursor.order = jql_.sort == Jql::Sort::updated ? &shelf.by_update : &shelf.by_id;
            cursor.at = jql_.descending ? cursor.order->end() : cursor.order->begin();
            if (from_ && !jql_.descending) {
                cursor.at = cursor.order->lower_bound({*from_, 0});
            }
        }
    }

    bool out_of_range(const Place& place) const { return from_ && jql_.descending && place.first < *from_; }

    bool done(const Cursor& cursor) const {
        return cursor.at == (jql_.descending ? cursor.order->begin() : cursor.order->end());
    }

    Place peek(const Cursor& cursor) const { return jql_.descending ? *std::prev(cursor.at) : *cursor.at; }

    void advance(Cursor& cursor) const {
        if (jql_.descending) {
            --cursor.at;
        } else {
            ++cursor.at;
        }
    }

    Call& call_;
    const Jql& jql_;
    std::set<std::int64_t> fresh_;
    std::vector<Hit> few_;
    std::size_t next_few_ = 0;
    std::vector<Cursor> cursors_;
    std::optional<std::int64_t> from_;
    Hit hit_;
};

// The token holds characters that a query string must escape, as the vendor's do.
std::string make_token(const Question& question, TimePoint now, Place place) {
    return "CAE+" + sha256_hex(question.jql).substr(0, 16) + "/" +
           std::to_string(now.time_since_epoch().count()) + "/" + std::to_string(place.first) + "/" +
           std::to_string(place.second) + "==";
}

std::optional<Place> read_token(const Question& question, TimePoint now) {
    const std::string_view token = question.token;
    if (!token.starts_with("CAE+") || !token.ends_with("==")) {
        return std::nullopt;
    }
    const auto parts = split(token.substr(4, token.size() - 6), '/');
    if (parts.size() != 4 || parts[0] != sha256_hex(question.jql).substr(0, 16)) {
        return std::nullopt;
    }
    const auto issued = parse_integer(parts[1]);
    const auto order = parse_integer(parts[2]);
    const auto id = parse_integer(parts[3]);
    if (!issued || !order || !id || TimePoint(Duration(*issued)) < now - token_life) {
        return std::nullopt;
    }
    return Place{*order, *id};
}

std::optional<HttpResponse> check_limits(const Question& question) {
    if (question.limit < 1 || question.limit > 5000) {
        return field_error("maxResults", "maxResults must be between 1 and 5000.");
    }
    if (question.reconcile.size() > 50) {
        return field_error("reconcileIssues", "At most 50 issues can be reconciled.");
    }
    if (question.properties.size() > 5) {
        return field_error("properties", "At most 5 properties can be asked for.");
    }
    return check_expand(
        question.expand, "names schema changelog renderedFields transitions operations editmeta"
    );
}

HttpResponse nobody_sees() {
    return json_answer(200, R"({"issues":[],"isLast":true})");
}

class Answered {
public:
    Answered() = default;

    JsonText out;
    std::optional<Place> last;
    std::optional<Place> before_last;
    bool more = false;
};

void write_page(
    Call& call, Walk& walk, const Selection& selection, const Question& question, Answered& answered
) {
    const bool ids = selection.id_only && question.expand.empty() && question.properties.empty();
    const std::int64_t limit = std::min(question.limit, ids ? 5000 : call.state.settings.page_size);
    IssueParts parts;
    parts.changelog = std::ranges::find(question.expand, "changelog") != question.expand.end();
    parts.properties = !question.properties.empty();
    answered.out.reserve(static_cast<std::size_t>(limit) * 1024);
    answered.out.open('{').key("issues").open('[');
    for (std::int64_t count = 0;; ++count) {
        const Hit* hit = walk.next();
        answered.more = hit != nullptr;
        if (hit == nullptr || count == limit) {
            break;
        }
        answered.before_last = answered.last;
        answered.last = hit->place;
        write_issue(
            answered.out,
            call,
            hit->place.second,
            *hit->facts,
            call.state.find_issue(hit->place.second),
            selection,
            parts
        );
    }
    answered.out.close(']');
}

HttpResponse search(Call& call, const Question& question) {
    if (auto refusal = check_limits(question)) {
        return std::move(*refusal);
    }
    auto selected = select_fields(call, question.fields, "id");
    if (auto* refusal = std::get_if<HttpResponse>(&selected)) {
        return std::move(*refusal);
    }
    if (call.caller == nullptr) {
        return nobody_sees();
    }
    auto parsed = parse_jql(call.state, call.caller, question.jql, call.now);
    if (const auto* refusal = std::get_if<std::string>(&parsed)) {
        return jira_error(400, *refusal);
    }
    call.state.index.settle(call.now);
    const Jql& jql = std::get<Jql>(parsed);
    const std::int64_t every = call.state.settings.stale_searches;
    const bool stale = every > 0 && ++call.state.searches % every == 0;
    if (stale && question.token.empty() && call.state.last_query == question.jql) {
        return json_answer(200, call.state.last_search);
    }
    Walk walk(call, jql, question);
    if (!question.token.empty()) {
        const auto place = read_token(question, call.now);
        if (!place) {
            return jira_error(400, "The nextPageToken is invalid or has expired.");
        }
        walk.skip_to(*place);
    }
    const Selection& selection = std::get<Selection>(selected);
    Answered page;
    write_page(call, walk, selection, question, page);
    if (page.more) {
        const bool overlap = call.state.settings.pages_overlap && page.before_last;
        const Place end = overlap ? *page.before_last : *page.last;
        page.out.key("nextPageToken").text(make_token(question, call.now, end));
    } else if (call.state.settings.null_token) {
        page.out.key("nextPageToken").null();
    }
    page.out.key("isLast").boolean(!page.more && !call.state.settings.last_page_lies);
    if (std::ranges::find(question.expand, "names") != question.expand.end()) {
        write_names(page.out, selection);
    }
    if (std::ranges::find(question.expand, "schema") != question.expand.end()) {
        write_schema(page.out, selection);
    }
    std::string answer = page.out.close('}').take();
    if (every > 0 && !page.more && question.token.empty()) {
        call.state.last_query = question.jql;
        call.state.last_search = answer;
    }
    return json_answer(200, std::move(answer));
}

std::vector<std::string> strings(const boost::json::value& body, std::string_view name) {
    std::vector<std::string> texts;
    if (const boost::json::array* list = find_array(body, name)) {
        for (const boost::json::value& entry : *list) {
            texts.emplace_back(entry.get_string());
        }
    }
    return texts;
}

std::vector<std::string> parts_of(std::string_view list) {
    std::vector<std::string> parts;
    if (!list.empty()) {
        for (const std::string_view part : split(list, ',')) {
            parts.emplace_back(trim(part));
        }
    }
    return parts;
}

HttpResponse search_post(Call& call) {
    if (auto refusal = check_object(
            call.body,
            {{"jql", 's'},
             {"nextPageToken", 's'},
             {"maxResults", 'i'},
             {"fields", 'S'},
             {"expand", 's'},
             {"properties", 'S'},
             {"fieldsByKeys", 'b'},
             {"reconcileIssues", 'I'}}
        )) {
        return std::move(*refusal);
    }
    Question question;
    question.jql = string_or_empty(call.body, "jql");
    question.token = string_or_empty(call.body, "nextPageToken");
    question.limit = find_integer(call.body, "maxResults").value_or(50);
    question.fields = strings(call.body, "fields");
    question.expand = parts_of(find_string(call.body, "expand").value_or(""));
    question.properties = strings(call.body, "properties");
    if (const boost::json::array* ids = find_array(call.body, "reconcileIssues")) {
        for (const boost::json::value& id : *ids) {
            question.reconcile.push_back(id.get_int64());
        }
    }
    return search(call, question);
}

HttpResponse search_get(Call& call) {
    Question question;
    question.jql = call.parameter("jql").value_or("");
    question.token = call.parameter("nextPageToken").value_or("");
    question.fields = call.list("fields");
    question.expand = parts_of(call.parameter("expand").value_or(""));
    question.properties = call.list("properties");
    Number limit = number(call, "maxResults", 50, 1, 5000);
    if (limit.refusal) {
        return std::move(*limit.refusal);
    }
    question.limit = limit.value;
    for (const std::string& text : call.list("reconcileIssues")) {
        const auto id = parse_integer(text);
        if (!id) {
            return field_error("reconcileIssues", "'" + text + "' is not an issue id.");
        }
        question.reconcile.push_back(*id);
    }
    return search(call, question);
}

HttpResponse removed(Call&) {
    return jira_error(
        410,
        "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
        "A full migration guideline is available at "
        "https://developer.atlassian.com/changelog/#CHANGE-2046"
    );
}

constexpr std::array routes = {
    Route{"POST", "/rest/api/3/search/jql", "", Anonymous::served, search_post},
    Route{
        "GET",
        "/rest/api/3/search/jql",
        "jql nextPageToken maxResults fields expand properties fieldsByKeys failFast reconcileIssues",
        Anonymous::served,
        search_get},
    Route{"GET", "/rest/api/3/search", "*", Anonymous::served, removed},
    Route{"POST", "/rest/api/3/search", "*", Anonymous::served, removed},
    Route{"GET", "/rest/api/2/search", "*", Anonymous::served, removed},
    Route{"POST", "/rest/api/2/search", "*", Anonymous::served, removed},
};

} // namespace

std::span<const Route> search_routes() {
    return routes;
}

} // namespace accessd::sandbox::jsm
