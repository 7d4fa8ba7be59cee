#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace accessd {

/// A list of texts as it is stored in one column: a JSON array of strings.
std::string encode_list(const std::vector<std::string>& texts);

/// False when it is no such array; `texts` is then empty.
bool decode_list(std::string_view stored, std::vector<std::string>& texts);

} // namespace accessd
