#include "tests/sandbox/entra.hpp"

#include "core/support/text.hpp"
#include "tests/sandbox/entra_state.hpp"
#include "tests/sandbox/wire.hpp"

namespace accessd::sandbox {

namespace {

constexpr std::string_view token_path = "/oauth2/v2.0/token";

bool is_token_path(std::string_view path) {
    return path.ends_with(token_path) && path.size() > token_path.size() + 1 &&
           path.substr(1, path.size() - token_path.size() - 1).find('/') == std::string_view::npos;
}

} // namespace

std::string EntraState::make_id(std::uint32_t kind) {
    return make_uuid(kind, ++ids);
}

EntraModel::EntraModel(const EntraOptions& options) : state_(std::make_unique<EntraState>(options)) {
    state_->on_write = [this](const AccessWrite& write) { tell(write); };
    if (options.default_world) {
        fill_entra_world(*state_, TimePoint());
    }
}

EntraModel::~EntraModel() = default;

std::string_view EntraModel::name() const {
    return state_->options.name;
}

HttpResponse EntraModel::handle(const HttpRequest& request, TimePoint now) {
    const std::string_view path = Url(request.url).path;
    if (path.starts_with("/v1.0/")) {
        return entra_graph(*state_, request, now);
    }
    if (is_token_path(path)) {
        return entra_token(*state_, request, now);
    }
    HttpResponse response(path.starts_with("/beta/") ? 400 : 404);
    response.headers.add("Content-Type", "application/json");
    response.body = R"({"error":{"code":"BadRequest","message":"Invalid version or path."}})";
    return response;
}

boost::json::value
EntraModel::control(std::string_view verb, const boost::json::value& arguments, TimePoint now) {
    return entra_control(*state_, verb, arguments, now);
}

} // namespace accessd::sandbox
