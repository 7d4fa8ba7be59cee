#include "core/store/audit_verifier.hpp"
#include "tests/core/store/trail.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace accessd;
using namespace accessd::store_test;

namespace {

/// Nine rows, checkpoints at rows 4 and 8.
class Signed {
public:
    Signed() : trail(9), verifier({}, keys_of(test_signer())) {
        for (const std::size_t seq : {4U, 8U}) {
            REQUIRE(verifier.checkpoint(trail.note(seq), static_cast<std::int64_t>(seq)).has_value());
        }
    }

    std::string judge() { return store_test::judge(verifier, trail, &message); }

    Trail trail;
    AuditVerifier verifier;
    std::string message;
};

/// What is found in a trail without any checkpoint once it was tampered with.
std::string found_by_chain(const std::function<void(Trail&)>& tamper, std::string& message) {
    Trail trail(9);
    tamper(trail);
    AuditVerifier verifier({}, {});
    return judge(verifier, trail, &message);
}

} // namespace

TEST_CASE("audit verifier: a good audit is good, and what is told of it is true") {
    Signed audit;
    CHECK(audit.judge().empty());
    CHECK(audit.verifier.chain().seq() == 9);
    CHECK(audit.verifier.chain().hash() == audit.trail.rows.back().hash);
    CHECK(audit.verifier.checkpoints() == 2);
    CHECK(audit.verifier.last_checkpoint().rows == 8);
}

TEST_CASE("audit verifier: an audit without rows and checkpoints is good") {
    AuditVerifier verifier({}, {});
    CHECK(verifier.finish().has_value());
}

TEST_CASE("audit verifier: one byte, one row less or one more: the first bad row is named") {
    std::string message;
    CHECK(found_by_chain([](Trail& trail) { trail.rows[4].body[2] = 'x'; }, message) == "audit.changed");
    CHECK(message.find("audit row 5 ") == 0);
    CHECK(
        found_by_chain([](Trail& trail) { trail.rows.erase(trail.rows.begin() + 4); }, message) == "audit.gap"
    );
    CHECK(message.find("audit row 5 is missing") == 0);
    CHECK(found_by_chain([](Trail& trail) { trail.rows.erase(trail.rows.begin()); }, message) == "audit.gap");
    CHECK(message == "audit row 1 is missing");
    CHECK(
        found_by_chain(
            [](Trail& trail) { trail.rows.insert(trail.rows.begin() + 4, trail.rows[3]); }, message
        ) == "audit.gap"
    );
    CHECK(message.find("audit row 4 stands where row 5 belongs") == 0);
    const auto insert = [](Trail& trail) {
        trail.rows.insert(trail.rows.begin() + 4, trail.rows[6]);
        for (std::size_t i = 4; i < trail.rows.size(); ++i) {
            trail.rows[i].seq = static_cast<std::int64_t>(i) + 1;
        }
    };
    CHECK(found_by_chain(insert, message) == "audit.changed");
    CHECK(message.find("audit row 5 ") == 0);
    CHECK(found_by_chain([](Trail& trail) { trail.rows[0].seq = 0; }, message) == "audit.gap");
}

TEST_CASE("audit verifier: a chain that was written anew is found by the next checkpoint") {
    Signed audit;
    audit.trail.rows[5].body = R"({"issue":"9"})";
    audit.trail.chain_from(6);
    CHECK(audit.judge() == "audit.checkpoint");
    CHECK(audit.message.find("audit row 8 ") == 0);
    CHECK(audit.verifier.chain().seq() == 8);
}

TEST_CASE("audit verifier: a cut tail is found by a checkpoint that covers more") {
    Signed audit;
    audit.trail.rows.resize(6);
    CHECK(audit.judge() == "audit.cut");
    CHECK(audit.message.find("audit rows 7 to 8 are missing at the end") == 0);
    Signed one;
    one.trail.rows.resize(7);
    CHECK(one.judge() == "audit.cut");
    CHECK(one.message.find("audit row 8 is missing at the end") == 0);
}

TEST_CASE("audit verifier: a checkpoint of another key is not believed") {
    Signed audit;
    REQUIRE(audit.verifier.checkpoint(audit.trail.note(9, test_signer('b')), 9).has_value());
    CHECK(audit.judge() == "audit.checkpoint");
    CHECK(audit.message.find("none of the keys given") != std::string::npos);
    CHECK(audit.verifier.last_checkpoint().rows == 8);
}

TEST_CASE("audit verifier: checkpoints of an older key verify beside those of the present one") {
    const Trail trail(9);
    const NoteSigner old = test_signer('o');
    AuditVerifier verifier({}, {test_signer().key(), old.key()});
    REQUIRE(verifier.checkpoint(trail.note(3, old), 3).has_value());
    REQUIRE(verifier.checkpoint(trail.note(9), 9).has_value());
    CHECK(judge(verifier, trail).empty());
}

TEST_CASE("audit verifier: a bad row is named before a bad checkpoint") {
    Signed audit;
    REQUIRE(audit.verifier.checkpoint("nonsense", 9).has_value());
    audit.trail.rows[1].code = "grant.refused";
    CHECK(audit.judge() == "audit.changed");
}

TEST_CASE("audit verifier: a checkpoint that stands at another row, names another time or is no note is found"
) {
    const Trail trail(9);
    const auto judged = [&](std::int64_t seq, const std::string& note) {
        AuditVerifier verifier({}, keys_of(test_signer()));
        REQUIRE(verifier.checkpoint(note, seq).has_value());
        return judge(verifier, trail);
    };
    CHECK(judged(4, trail.note(4)).empty());
    CHECK(judged(5, trail.note(4)) == "audit.checkpoint");
    CHECK(judged(4, "") == "audit.checkpoint");
    Checkpoint late = trail.checkpoint(4);
    late.at += Duration(1);
    CHECK(judged(4, *test_signer().sign(late.text())) == "audit.checkpoint");
}

TEST_CASE("audit verifier: checkpoints without a key are no proof") {
    const Trail trail(9);
    AuditVerifier verifier({}, {});
    REQUIRE(verifier.checkpoint(trail.note(4), 4).has_value());
    CHECK(judge(verifier, trail) == "audit.no_key");
    CHECK(verifier.checkpoints() == 0);
}

TEST_CASE("audit verifier: the head that a ticket tells is compared") {
    const Trail trail(9);
    const auto judged = [&](const KnownHead& head, const Trail& rows) {
        AuditVerifier verifier({head}, {});
        return judge(verifier, rows);
    };
    CHECK(judged(trail.head(6), trail).empty());
    CHECK(judged(trail.head(9, 64), trail).empty());
    Trail rewritten(9);
    rewritten.rows[2].body = "{}";
    rewritten.chain_from(3);
    CHECK(judged(trail.head(6), rewritten) == "audit.head");
    Trail cut(5);
    CHECK(judged(trail.head(6), cut) == "audit.cut");
    CHECK(judged(trail.head(6), Trail(0)) == "audit.cut");
}

TEST_CASE("audit verifier: rows from the middle on verify behind the hash that is stated") {
    Trail trail(9);
    const Sha256 before = trail.rows[3].hash;
    const std::string note = trail.note(8);
    const auto head_before = trail.head(3);
    const auto head_at = trail.head(4);
    trail.rows.erase(trail.rows.begin(), trail.rows.begin() + 4);
    AuditVerifier verifier({head_at}, keys_of(test_signer()));
    REQUIRE(verifier.start(4, before).has_value());
    REQUIRE(verifier.checkpoint(note, 8).has_value());
    CHECK(judge(verifier, trail).empty());
    CHECK(verifier.before() == 4);
    AuditVerifier wrong({}, {});
    REQUIRE(wrong.start(4, audit_genesis).has_value());
    CHECK(judge(wrong, trail) == "audit.changed");
    AuditVerifier outside({head_before}, {});
    const auto refused = outside.start(4, before);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code() == "audit.head_outside");
}

TEST_CASE("audit verifier: what is no known head is refused") {
    for (const char* const text :
         {"",
          ":",
          "5",
          "5:",
          "0:0123456789abcdef",
          "-1:0123456789abcdef",
          "5:0123456789abcde",
          "5:0123456789ABCDEF",
          "5:0123456789abcdeg",
          "5 0123456789abcdef",
          "5:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0"}) {
        CHECK_FALSE(KnownHead::parse(text).has_value());
    }
    const auto head = KnownHead::parse("5:0123456789abcdef");
    REQUIRE(head.has_value());
    CHECK(head->seq == 5);
    CHECK(head->digits == "0123456789abcdef");
}
