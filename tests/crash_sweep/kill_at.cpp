#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string_view>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

// Runs a program and kills it as `kill -9` does when one of its threads enters its N-th system call, before
// the kernel has done anything for that call. Unlike strace, whose when= counts each name of a call apart,
// one count goes over all calls of a thread, so that (thread, N) names every moment of a program that does
// what it always does.

namespace {

constexpr const char* usage =
    "usage: kill_at REPORT THREAD:CALL|none PROGRAM [ARGUMENT...]\n"
    "Threads count from 0 in the order in which they begin, calls of a thread from 1, from the start of "
    "PROGRAM on.\n"
    "REPORT gets a line \"THREAD CALL NUMBER\" for each call that was entered; the last may be the one that "
    "was not\n"
    "made. SIGTERM is handed on. Exit status: PROGRAM's, or 137 when it was killed.\n";

constexpr int exit_usage = 64;
constexpr int exit_broken = 70;
constexpr int signalled = 128;

// The program, for the handler of SIGTERM.
volatile sig_atomic_t program = 0;

[[noreturn]] void give_up(const char* what) {
    std::fprintf(stderr, "kill_at: %s: %s\n", what, std::strerror(errno));
    std::_Exit(exit_broken);
}

extern "C" void hand_on(int signal) {
    const int before = errno;
    if (program > 0) {
        ::kill(program, signal);
    }
    errno = before;
}

/// Where to kill. No call is the 0th.
class Point {
public:
    Point() = default;

    /// False when the text is neither "none" nor THREAD:CALL.
    bool parse(std::string_view text) {
        if (text == "none") {
            return true;
        }
        const char* const end = text.data() + text.size();
        const auto first = std::from_chars(text.data(), end, thread);
        if (first.ec != std::errc() || first.ptr == end || *first.ptr != ':') {
            return false;
        }
        const auto second = std::from_chars(first.ptr + 1, end, call);
        return second.ec == std::errc() && second.ptr == end && call > 0;
    }

    std::size_t thread = 0;
    std::size_t call = 0;
};

/// The thread that the program is traced from, and what has been counted.
class Tracer {
public:
    Tracer(std::FILE* report, const Point& point) : report_(report), point_(point) {}

    /// Until the program is gone; its exit status.
    int follow(pid_t pid) {
        pid_ = pid;
        int status = 0;
        while (true) {
            const pid_t tid = ::waitpid(-1, &status, __WALL);
            if (tid < 0 && errno == EINTR) {
                continue;
            }
            if (tid < 0) {
                return outcome_;
            }
            if (WIFSTOPPED(status)) {
                resume(tid, on_stop(tid, status));
            } else if (tid == pid_) {
                outcome_ = WIFEXITED(status) ? WEXITSTATUS(status) : signalled + WTERMSIG(status);
            }
        }
    }

private:
    /// What the thread is to be given when it goes on; 0: nothing.
    int on_stop(pid_t tid, int status) {
        const bool fresh = calls_.find(tid) == calls_.end();
        if (fresh) {
            calls_.emplace(tid, Thread(calls_.size()));
        }
        const int signal = WSTOPSIG(status);
        if (status >> 8 == (SIGTRAP | (PTRACE_EVENT_EXEC << 8))) {
            counting_ = true;
            return 0;
        }
        if (signal == (SIGTRAP | 0x80)) {
            on_call(tid);
            return 0;
        }
        // An event of ptrace is no signal, nor is the stop that a new thread begins with.
        return status >> 16 != 0 || (fresh && signal == SIGSTOP) ? 0 : signal;
    }

    void on_call(pid_t tid) {
        __ptrace_syscall_info info = {};
        if (::ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof info, &info) < 0) {
            return; // it is being killed
        }
        if (!counting_ || info.op != PTRACE_SYSCALL_INFO_ENTRY) {
            return;
        }
        Thread& thread = calls_.at(tid);
        ++thread.count;
        std::fprintf(
            report_,
            "%zu %zu %llu\n",
            thread.number,
            thread.count,
            static_cast<unsigned long long>(info.entry.nr)
        );
        if (thread.number == point_.thread && thread.count == point_.call) {
            // The thread stands at the door of the kernel, which looks for fatal signals before it lets it
            // in.
            ::kill(pid_, SIGKILL);
        }
    }

    static void resume(pid_t tid, int signal) {
        // It fails for a thread that is being killed, which waitpid() tells.
        ::ptrace(PTRACE_SYSCALL, tid, nullptr, static_cast<long>(signal));
    }

    class Thread {
    public:
        explicit Thread(std::size_t which) : number(which) {}

        std::size_t number;
        std::size_t count = 0;
    };

    std::FILE* report_;
    Point point_;
    pid_t pid_ = 0;
    std::map<pid_t, Thread> calls_;
    bool counting_ = false;
    int outcome_ = exit_broken;
};

[[noreturn]] void become(char** words) {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) < 0) {
        give_up("ptrace is not allowed here");
    }
    ::raise(SIGSTOP); // until the options below are set
    ::execvp(words[0], words);
    give_up(words[0]);
}

pid_t start(char** words) {
    const pid_t pid = ::fork();
    if (pid < 0) {
        give_up("fork");
    }
    if (pid == 0) {
        become(words);
    }
    int status = 0;
    if (::waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) {
        std::_Exit(exit_broken);
    }
    constexpr long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE |
                             PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_EXITKILL;
    if (::ptrace(PTRACE_SETOPTIONS, pid, nullptr, options) < 0) {
        give_up("PTRACE_SETOPTIONS");
    }
    return pid;
}

} // namespace

int main(int count, char** words) {
    Point point;
    if (count < 4 || !point.parse(words[2])) {
        std::fputs(usage, stderr);
        return exit_usage;
    }
    std::FILE* const report = std::fopen(words[1], "we");
    if (report == nullptr) {
        give_up(words[1]);
    }
    const pid_t pid = start(words + 3);
    program = pid;
    struct sigaction action = {};
    action.sa_handler = hand_on;
    ::sigaction(SIGTERM, &action, nullptr);
    Tracer tracer(report, point);
    ::ptrace(PTRACE_SYSCALL, pid, nullptr, 0L);
    const int outcome = tracer.follow(pid);
    return std::fclose(report) == 0 ? outcome : exit_broken;
}
