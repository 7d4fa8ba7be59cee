#pragma once

#include <chrono>
#include <memory>
#include <string>

struct evp_pkey_st;
struct x509_st;

namespace accessd::test {

/// A certificate with its private key (EC P-256), made in memory.
class TestCertificate {
public:
    TestCertificate() = default;

    std::shared_ptr<x509_st> certificate;
    std::shared_ptr<evp_pkey_st> key;
};

/// A certificate authority that lives as long as the test. Its certificate lies in a temporary file.
class TestCa {
public:
    TestCa();
    TestCa(const TestCa&) = delete;
    TestCa& operator=(const TestCa&) = delete;
    ~TestCa();

    /// `names` as in OpenSSL's subjectAltName: "DNS:localhost,IP:127.0.0.1". Valid from an hour ago until
    /// `ends` from now.
    TestCertificate issue(const std::string& names, std::chrono::seconds ends = std::chrono::hours(24)) const;

    /// The PEM file with the authority's certificate.
    const std::string& file() const { return file_; }

private:
    TestCertificate own_;
    std::string file_;
};

} // namespace accessd::test
