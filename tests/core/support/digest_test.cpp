#include "core/support/digest.hpp"
#include "core/support/text.hpp"

#include <doctest/doctest.h>

using namespace accessd;

// FIPS 180-4's examples, and RFC 9449's "ath".
TEST_CASE("digest: SHA-256 gives the published values") {
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(
        sha256_hex(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    );
    CHECK(
        to_base64url(sha256("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU")) ==
        "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"
    );
}

TEST_CASE("digest: one digest does not depend on the one before") {
    const auto first = sha256("first");
    CHECK(sha256("second") != first);
    CHECK(sha256("first") == first);
}
