#include "core/support/secret.hpp"

#include <openssl/crypto.h>

#include <utility>

namespace accessd {

namespace {

/// The whole buffer, not only the part in use: it may have held a longer value.
void wipe(std::string& value) noexcept {
    value.resize(value.capacity());
    OPENSSL_cleanse(value.data(), value.size());
    value.clear();
}

} // namespace

Secret::Secret(std::string value) : value_(std::move(value)) {
    wipe(value);
}

Secret& Secret::operator=(const Secret& other) {
    if (this != &other) {
        wipe(value_);
        value_ = other.value_;
    }
    return *this;
}

Secret::Secret(Secret&& other) noexcept : value_(std::move(other.value_)) {
    wipe(other.value_);
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe(value_);
        value_ = std::move(other.value_);
        wipe(other.value_);
    }
    return *this;
}

Secret::~Secret() {
    wipe(value_);
}

} // namespace accessd
