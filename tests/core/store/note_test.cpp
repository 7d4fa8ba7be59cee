#include "core/store/note.hpp"
#include "tests/core/store/trail.hpp"

#include <doctest/doctest.h>

using namespace accessd;
using namespace accessd::store_test;

namespace {

// The example of golang.org/x/mod/sumdb/note, another program's.
constexpr const char* go_private =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
constexpr const char* go_public = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr const char* go_text = "If you think cryptography is the answer to your problem,\n"
                                "then you don't know what your problem is.\n";
constexpr const char* go_note =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\xE2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

std::string open_error(const std::string& note, const std::vector<NoteKey>& keys) {
    const auto opened = open_note(note, keys);
    return opened ? "" : opened.error().code();
}

} // namespace

TEST_CASE("note: it is signed and opened as another program does") {
    const auto signer = NoteSigner::parse(Secret(std::string(go_private)));
    REQUIRE(signer.has_value());
    CHECK(signer->key().text() == go_public);
    CHECK(*signer->sign(go_text) == go_note);
    const auto key = NoteKey::parse(go_public);
    REQUIRE(key.has_value());
    const auto opened = open_note(go_note, std::vector<NoteKey>(1, *key));
    REQUIRE(opened.has_value());
    CHECK(opened->text == go_text);
    CHECK(opened->signer == "PeterNeumann+c74f20a3");
}

TEST_CASE("note: a signer comes back from its text") {
    const Secret seed = Ed25519Key::new_seed();
    const auto text = NoteSigner::text("accessd/test/audit", seed);
    REQUIRE(text.has_value());
    const auto signer = NoteSigner::parse(*text);
    REQUIRE(signer.has_value());
    CHECK(open_error(*signer->sign("text\n"), keys_of(*signer)).empty());
}

TEST_CASE("note: no byte of it can be changed") {
    const NoteSigner signer = test_signer();
    const std::string note = *signer.sign("first\n\nsecond\n");
    REQUIRE(open_error(note, keys_of(signer)).empty());
    for (std::size_t at = 0; at < note.size(); ++at) {
        for (const int bit : {1, 32, 128}) {
            std::string changed = note;
            changed[at] = static_cast<char>(changed[at] ^ bit);
            CHECK_FALSE(open_error(changed, keys_of(signer)).empty());
        }
    }
}

TEST_CASE("note: signatures of strangers are ignored, alone they do not do") {
    const NoteSigner ours = test_signer('a');
    const NoteSigner other = test_signer('b');
    std::string note = *other.sign("text\n");
    const auto refused = open_note(note, keys_of(ours));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code() == "note.unknown");
    CHECK(refused.error().message().find(other.key().label()) != std::string::npos);
    note += ours.sign("text\n")->substr(6);
    const auto opened = open_note(note, keys_of(ours));
    REQUIRE(opened.has_value());
    CHECK(opened->signer == ours.key().label());
}

TEST_CASE("note: a signature of a known key that does not fit spoils the note") {
    const NoteSigner ours = test_signer('a');
    const std::string forged = "other\n" + ours.sign("text\n")->substr(5);
    CHECK(open_error(forged, keys_of(ours)) == "note.forged");
    CHECK(open_error(forged + ours.sign("other\n")->substr(7), keys_of(ours)) == "note.forged");
}

TEST_CASE("note: what is none is refused") {
    const NoteSigner signer = test_signer();
    const std::string good = *signer.sign("text\n");
    const std::string line = good.substr(6);
    for (const std::string& note : std::vector<std::string>{
             std::string(),
             std::string("\n\n"),
             std::string("text\n"),
             std::string("text\n\n"),
             good.substr(0, good.size() - 1),
             good + "\n",
             "te\x01xt\n\n" + line,
             "te\xffxt\n\n" + line,
             "text\n\n- name AAAA\n",
             "text\n\n\xE2\x80\x94 name\n",
             "text\n\n\xE2\x80\x94  AAAAAAAA\n",
             "text\n\n\xE2\x80\x94 name AAAA\n",
             "text\n\n\xE2\x80\x94 name AAAAAAB=\n",
             std::string(longest_note, 'x') + "\n\n" + line}) {
        CAPTURE(note.substr(0, 40));
        CHECK(open_error(note, keys_of(signer)) == "note.malformed");
    }
    std::string many = "text\n\n";
    for (int i = 0; i < 16; ++i) {
        many += line;
    }
    CHECK(open_error(many, keys_of(signer)).empty());
    CHECK(open_error(many + line, keys_of(signer)) == "note.malformed");
}

TEST_CASE("note: a key that is none is refused") {
    for (const char* const text :
         {"",
          "PeterNeumann",
          "PeterNeumann+c74f20a3",
          "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
          "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
          "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
          "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
          "PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
          "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
          "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW "}) {
        CHECK_FALSE(NoteKey::parse(text).has_value());
        CHECK_FALSE(NoteSigner::parse(Secret("PRIVATE+KEY+" + std::string(text))).has_value());
        CHECK_FALSE(NoteSigner::parse(Secret(std::string(text))).has_value());
    }
}

TEST_CASE("checkpoint: it is what the C2SP form says, and comes back") {
    const Trail trail(3);
    const Checkpoint made = trail.checkpoint(3);
    CHECK(
        made.text() ==
        "accessd/test/audit\n3\n" + to_base64(trail.rows[2].hash) + "\ntime 2026-01-01T00:00:03.000Z\n"
    );
    const auto opened = open_checkpoint(trail.note(3), keys_of(test_signer()));
    REQUIRE(opened.has_value());
    CHECK(opened->text() == made.text());
}

TEST_CASE("checkpoint: another text is none, even when it is signed") {
    const NoteSigner signer = test_signer();
    const std::string good = Trail(3).checkpoint(3).text();
    const auto with = [&](const std::string& old, const std::string& fresh) {
        std::string text = good;
        return text.replace(text.find(old), old.size(), fresh);
    };
    for (const std::string& text :
         {with("\n3\n", "\n03\n"),
          with("\n3\n", "\n0\n"),
          with("\n3\n", "\n-3\n"),
          with("=\n", "\n"),
          with("time ", "at "),
          with(".000Z", "Z"),
          with("accessd/test/audit", "accessd/other/audit"),
          with("accessd/test/audit", "accessd/test"),
          good + "more\n",
          std::string("text\n")}) {
        const auto opened = open_checkpoint(*signer.sign(text), keys_of(signer));
        REQUIRE_FALSE(opened.has_value());
        CHECK(opened.error().code() == "note.malformed");
    }
}

TEST_CASE("checkpoint: it is due after many rows or a long time, and never without rows") {
    CHECK_FALSE(checkpoint_is_due(0, std::chrono::hours(1000)));
    CHECK_FALSE(checkpoint_is_due(999, std::chrono::minutes(59)));
    CHECK(checkpoint_is_due(1000, Duration(0)));
    CHECK(checkpoint_is_due(1, std::chrono::hours(1)));
    CHECK_FALSE(checkpoint_is_due(1, -std::chrono::hours(1)));
}
