#include "core/http/time_limit.hpp"

#include <utility>

namespace accessd {

TimeLimit::TimeLimit(const boost::asio::any_io_executor& executor, std::function<void()> on_over)
    : timer_(executor), state_(std::make_shared<State>(std::move(on_over))) {}

TimeLimit::~TimeLimit() {
    ++state_->number;
}

void TimeLimit::start(Duration left) {
    state_->is_over = false;
    timer_.expires_after(left);
    timer_.async_wait([state = state_, number = ++state_->number](const boost::system::error_code& error) {
        if (!error && state->number == number) {
            state->is_over = true;
            state->on_over();
        }
    });
}

void TimeLimit::stop() {
    ++state_->number;
    timer_.cancel();
}

} // namespace accessd
