#include "core/engine/brake.hpp"

#include <chrono>

namespace accessd {

namespace {

using namespace std::chrono_literals;

constexpr Duration window = 1h;

} // namespace

BrakeAnswer Brake::ask(const std::string& name, std::size_t how_many, SteadyPoint now) {
    std::deque<SteadyPoint>& begun = begun_[name];
    while (!begun.empty() && now - begun.front() >= window) {
        begun.pop_front();
    }
    BrakeAnswer answer;
    if (begun.empty() || begun.size() + how_many <= limit_) {
        begun.insert(begun.end(), how_many, now);
        answer.is_news = closed_.erase(name) != 0;
        return answer;
    }
    answer.passes = false;
    answer.is_news = closed_.insert(name).second;
    answer.wait = begun.front() + window - now;
    return answer;
}

} // namespace accessd
