#include "core/store/audit_verifier.hpp"
#include "daemon/audit/export.hpp"
#include "daemon/audit/verify.hpp"
#include "daemon/check.hpp"
#include "daemon/expect/check.hpp"
#include "daemon/explain/plan.hpp"
#include "daemon/explain/show.hpp"
#include "daemon/explain/why.hpp"
#include "daemon/run.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <unistd.h>

namespace {

constexpr int exit_usage = 64;

std::map<std::string, std::string> read_environment() {
    std::map<std::string, std::string> variables;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string text(*entry);
        const std::size_t equals = text.find('=');
        if (equals != std::string::npos) {
            variables.emplace(text.substr(0, equals), text.substr(equals + 1));
        }
    }
    return variables;
}

std::string is_head(const std::string& text) {
    return accessd::KnownHead::parse(text) ? "" : "must be SEQ:HEX with 16 to 64 lower-case hex digits";
}

/// The command line, and what each command that was given is to be called with.
class CommandLine {
public:
    CommandLine() {
        app.set_version_flag("--version", "accessd " ACCESSD_VERSION);
        app.require_subcommand(1);
        add_config(run);
        add_config(check);
        check->add_option(
            "--expect",
            expectations,
            "try the rules on the requests of this file; exit 1 if one is not met, 2 if it is wrong"
        );
        audit->require_subcommand(1);
        add_verify();
        add_export();
        add_show();
        add_why();
        add_plan();
    }

    int start() {
        if (run->parsed()) {
            return accessd::run_daemon(config, read_environment());
        }
        if (check->parsed()) {
            return expectations.empty()
                       ? accessd::check_config(config, read_environment(), std::cout)
                       : accessd::check_expectations(config, expectations, read_environment(), std::cout);
        }
        if (verify->parsed()) {
            verifying.source.config = config;
            return accessd::verify_audit(verifying, read_environment(), std::cout);
        }
        if (show->parsed()) {
            showing.source.config = config;
            return accessd::show_request(showing, read_environment(), std::cout, std::cerr);
        }
        if (why->parsed()) {
            asking.source.config = config;
            return accessd::explain_holding(asking, read_environment(), std::cout, std::cerr);
        }
        if (plan->parsed()) {
            planning.config = config;
            return accessd::plan_change(planning, read_environment(), std::cout, std::cerr);
        }
        exporting.source.config = config;
        return accessd::export_audit(exporting, read_environment(), std::cout, std::cerr);
    }

    CLI::App app{
        "accessd turns approved Jira Service Management tickets into access, and revoked ones into none."};

private:
    void add_config(CLI::App* command) {
        command->add_option("--config", config, "the configuration file")->capture_default_str();
    }

    CLI::Option* add_database(CLI::App* command, accessd::DatabaseSource& source) {
        add_config(command);
        return command->add_option("--db", source.database, "a database, also a copy");
    }

    void add_verify() {
        CLI::Option* const db = add_database(verify, verifying.source);
        verify->add_option("--jsonl", verifying.jsonl, "what `audit export` wrote, in place of a database")
            ->excludes(db);
        verify->add_option(
            "--pubkey",
            verifying.pubkey,
            "a copy of audit.pub that was kept elsewhere; default: the one beside the database"
        );
        verify
            ->add_option(
                "--head",
                verifying.heads,
                "SEQ:HEX, as a ticket's comment says it: #SEQ head:HEX; several times"
            )
            ->check(is_head);
    }

    void add_export() {
        const std::map<std::string, accessd::ExportFormat> formats = {
            {"jsonl", accessd::ExportFormat::jsonl}, {"csv", accessd::ExportFormat::csv}};
        add_database(dump, exporting.source);
        dump->add_option("--since", exporting.since, "the first row: its number, a date or a time in UTC");
        dump->add_option("--format", exporting.format, "jsonl, or csv, which cannot be verified")
            ->transform(CLI::CheckedTransformer(formats))
            ->default_str("jsonl");
        dump->add_option("--output", exporting.output, "a new file, or - for the standard output")
            ->default_str("-");
    }

    void add_show() {
        add_database(show, showing.source);
        show->add_option("KEY", showing.key, "of a ticket, or its issue id")->required();
        show->add_flag("--json", showing.json, "one line of JSON");
    }

    void add_why() {
        add_database(why, asking.source);
        why->add_option("USER", asking.question.user, "e-mail address, Jira account id or account")
            ->required();
        why->add_option("ENTITLEMENT", asking.question.entitlement, "its name or id")->required();
        why->add_option("--application", asking.question.application, "of this application only");
    }

    void add_plan() {
        add_config(plan);
        plan->add_option("--db", planning.database, "a database, also a copy");
        plan->add_option("KEY", planning.key, "of one ticket, or its issue id");
    }

    std::string config = "/etc/accessd/accessd.toml";
    std::string expectations;
    accessd::AuditVerifyOptions verifying;
    accessd::AuditExportOptions exporting;
    accessd::ShowOptions showing;
    accessd::WhyOptions asking;
    accessd::PlanOptions planning;
    CLI::App* run = app.add_subcommand("run", "run the daemon in the foreground");
    CLI::App* check =
        app.add_subcommand("check", "check the configuration and every secret it names; exit 78 if wrong");
    CLI::App* show =
        app.add_subcommand("show", "tell all about one ticket; exit 1 if it is unknown, 2 on trouble");
    CLI::App* why =
        app.add_subcommand("why", "tell why somebody has something; exit 1 if they do not, 2 on trouble");
    CLI::App* plan = app.add_subcommand(
        "plan", "tell what a changed configuration means for requests; exit 1 if anything, 2 on trouble"
    );
    CLI::App* audit = app.add_subcommand("audit", "verify or export the audit trail");
    CLI::App* verify = audit->add_subcommand(
        "verify", "check every row; exit 1 if it was tampered with, 2 if it cannot be read"
    );
    CLI::App* dump = audit->add_subcommand("export", "write the rows for others to keep and to verify");
};

int run_command_line(int argc, char** argv) {
    CommandLine line;
    try {
        line.app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return line.app.exit(error) == 0 ? 0 : exit_usage;
    }
    return line.start();
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run_command_line(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "accessd: %s\n", error.what());
        return 1;
    }
}
