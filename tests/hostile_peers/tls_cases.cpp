#include "tests/hostile_peers/tls_cases.hpp"

#include "tests/hostile_peers/judge.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace accessd::hostile {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds real_limit = 8s;

CertificatePlan certificate(long begins_s, long ends_s) {
    CertificatePlan plan;
    plan.begins_s = begins_s;
    plan.ends_s = ends_s;
    return plan;
}

/// A certificate that a server gets while it runs.
TlsCase rotated(std::string name, TlsPlan plan, std::string reason) {
    TlsCase made(std::move(name), std::move(plan), std::move(reason));
    made.while_running = true;
    return made;
}

bool says(const std::vector<std::string>& lines, const std::string& host, const std::string& reason) {
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
        return line.find(host) != std::string::npos && line.find(reason) != std::string::npos;
    });
}

bool run(Stage& stage, House& house, const std::function<bool()>& condition, Duration how_long) {
    return stage.clock.run_until(
        [&] {
            house.tend();
            return condition();
        },
        how_long
    );
}

/// A grant needs all three servers.
void approve(House& house) {
    house.ticket = std::string(house.jsm("create_request").at("key").as_string());
    house.jsm("approve", {{"issue", house.ticket}, {"by", "bob@acme.example"}});
}

/// The daemon knows all servers, and the ticket comes to its grant afterwards.
void get_acquainted(Stage& stage, House& house) {
    approve(house);
    house.start();
    run(
        stage, house, [&] { return settled(house, Story::grant); }, 10min
    );
    run(
        stage, house, [] { return false; }, 1min
    );
    house.jsm("move", {{"issue", house.ticket}, {"to", "Access Revoked"}, {"by", "carol@acme.example"}});
}

} // namespace

std::vector<TlsCase> tls_cases() {
    const std::string ca_file = "ca_file";
    std::vector<TlsCase> cases;
    TlsPlan expired;
    expired.certificate = certificate(-7200, -60);
    cases.emplace_back("expired", expired, "has expired");
    TlsPlan early;
    early.certificate = certificate(3600, 86400);
    cases.emplace_back("not_yet_valid", early, "is not valid yet");
    TlsPlan other;
    other.certificate.names = "DNS:jira.acme.example,IP:127.0.0.99";
    cases.emplace_back("wrong_host", other, "is for another host");
    TlsPlan wildcard;
    wildcard.certificate.names = "DNS:*,DNS:*.0.0.1";
    cases.emplace_back("wildcard_for_an_address", wildcard, "is for another host");
    TlsPlan foreign;
    foreign.foreign_authority = true;
    cases.emplace_back("unknown_authority", foreign, ca_file);
    TlsPlan own;
    own.certificate.self_signed = true;
    cases.emplace_back("self_signed", own, ca_file);
    TlsPlan old;
    old.old_versions = true;
    cases.emplace_back("tls_1_1_at_most", old, "TLS 1.2 or newer is needed");
    TlsPlan stall;
    stall.stalls = true;
    cases.emplace_back("handshake_stall", stall, "handshake did not end in time");
    TlsPlan closed;
    closed.closed = true;
    cases.emplace_back("refused", closed, "refused");
    TlsPlan deaf;
    deaf.deaf = true;
    cases.emplace_back("black_hole", deaf, "no connection was made in time");
    cases.push_back(rotated("gone_while_running", closed, "refused"));
    cases.push_back(rotated("rotated_to_good", TlsPlan(), ""));
    cases.push_back(rotated("rotated_to_expired", expired, "has expired"));
    cases.push_back(rotated("rotated_to_unknown_authority", foreign, ca_file));
    cases.push_back(rotated("rotated_to_wrong_host", other, "is for another host"));
    return cases;
}

Verdict play_tls_case(Stage& stage, const TlsCase& what, Host host) {
    stage.clock.allow(real_limit);
    House house(stage.loop, stage.clock, stage.peer);
    const auto place = static_cast<std::size_t>(host);
    if (what.while_running) {
        get_acquainted(stage, house);
        if (host == Host::login) {
            house.entra("expire_tokens");
        }
    } else {
        approve(house);
    }
    const Story story = what.while_running ? Story::revoke : Story::grant;
    stage.peer.speak(host, what.plan);
    stage.peer.forget();
    if (!what.while_running) {
        house.start();
    }
    Verdict verdict;
    const bool came = run(
        stage, house, [&] { return settled(house, story); }, 20min
    );
    const bool silent = what.plan.closed || what.plan.deaf; // the server sees nobody
    verdict.strikes = silent ? 1 : stage.peer.sightings().connections[place];
    std::vector<std::string> wrong;
    if (what.reason.empty()) {
        if (!came) {
            wrong.emplace_back("a good certificate is not taken for one");
        }
    } else {
        if (came) {
            wrong.emplace_back("it went on with a server that cannot be trusted");
        }
        if (stage.peer.sightings().bytes[place] > 0 || stage.peer.sightings().requests[place] > 0) {
            wrong.emplace_back("the server was told something before it was known");
        }
        if (!says(house.lines(), stage.peer.address(host), what.reason)) {
            wrong.emplace_back("nowhere is said that " + stage.peer.address(host) + " " + what.reason);
        }
    }
    stage.peer.speak(host, TlsPlan());
    if (!run(
            stage, house, [&] { return settled(house, story); }, 6h
        )) {
        wrong.emplace_back("it did not come to an end");
    }
    run(
        stage, house, [] { return false; }, 12min
    );
    Verdict judged = judge(stage, house, story, Hope::recovers);
    verdict.violations = std::move(judged.violations);
    verdict.violations.insert(verdict.violations.end(), wrong.begin(), wrong.end());
    stage.clock.allow(real_limit);
    if (!house.stop()) {
        std::fprintf(stderr, "hostile peers: TLS %s: the daemon does not stop\n", what.name.c_str());
        std::_Exit(3);
    }
    verdict.lines = house.lines();
    return verdict;
}

} // namespace accessd::hostile
