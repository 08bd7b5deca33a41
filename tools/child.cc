#include "tools/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <list>
#include <system_error>
#include <utility>

#include "tools/cores.h"

namespace windrow::tool {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void Fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// Where this program lies; "" if the system does not say.
std::string OwnPath() {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
  if (length <= 0 || static_cast<size_t>(length) == sizeof(path)) return "";
  return {path, static_cast<size_t>(length)};
}

constexpr int kNotPinned = 126, kNoProgram = 127;

class Child {
 public:
  explicit Child(ChildTask task) : task_(std::move(task)), start_(Clock::now()), heard_(start_) {
    const std::string path = OwnPath();
    std::vector<char*> argv = {const_cast<char*>(path.c_str())};
    for (std::string& a : task_.arguments) argv.push_back(a.data());
    argv.push_back(nullptr);
    int ends[2];
    if (pipe(ends) != 0) Fail("pipe");
    for (const int end : ends) fcntl(end, F_SETFD, FD_CLOEXEC);
    pid_ = fork();
    if (pid_ < 0) {
      const int error = errno;
      close(ends[0]);
      close(ends[1]);
      errno = error;
      Fail("fork");
    }
    if (pid_ == 0) {  // nothing but system calls: other threads may have held locks
      if (task_.core >= 0 && !PinTo(task_.core)) _exit(kNotPinned);
      dup2(ends[1], STDOUT_FILENO);
      execv(path.c_str(), argv.data());
      _exit(kNoProgram);
    }
    close(ends[1]);
    fd_ = ends[0];
  }
  ~Child() {
    close(fd_);
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int fd() const { return fd_; }
  std::chrono::milliseconds left() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(heard_ + task_.timeout -
                                                                 Clock::now());
  }

  // Takes what has come; false at its end.
  bool Read() {
    char bytes[16384];
    const ssize_t count = read(fd_, bytes, sizeof(bytes));
    if (count < 0) return errno == EINTR;
    if (count == 0) return false;
    heard_ = Clock::now();
    text_.append(bytes, static_cast<size_t>(count));
    size_t begin = 0;
    for (size_t end; (end = text_.find('\n', begin)) != std::string::npos; begin = end + 1) {
      task_.line(text_.substr(begin, end - begin));
    }
    text_.erase(0, begin);
    return true;
  }

  void End(bool hung) {
    if (hung) kill(pid_, SIGKILL);
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    Ending ending{.hung = hung};
    if (WIFEXITED(status)) ending.code = WEXITSTATUS(status);
    if (WIFSIGNALED(status) && !hung) ending.signal = WTERMSIG(status);
    const std::chrono::duration<double> seconds = Clock::now() - start_;
    task_.ended(ending, seconds.count());
  }

 private:
  ChildTask task_;
  Clock::time_point start_, heard_;
  pid_t pid_ = 0;
  int fd_ = -1;
  std::string text_;
};

// Waits for lines and ends of these, and drops who ended.
void Attend(std::list<Child>& running) {
  std::vector<pollfd> fds;
  std::chrono::milliseconds wait{1000};
  for (const Child& child : running) {
    fds.push_back({.fd = child.fd(), .events = POLLIN, .revents = 0});
    wait = std::min(wait, std::max(child.left(), std::chrono::milliseconds(0)));
  }
  if (poll(fds.data(), static_cast<nfds_t>(fds.size()), static_cast<int>(wait.count())) < 0 &&
      errno != EINTR) {
    Fail("poll");
  }
  auto child = running.begin();
  for (const pollfd& fd : fds) {
    const bool ended = fd.revents != 0 && !child->Read();
    const bool hung = !ended && child->left().count() <= 0;
    if (ended || hung) {
      child->End(hung);
      child = running.erase(child);
    } else {
      ++child;
    }
  }
}

const char* MeaningOf(int signal) {
  switch (signal) {
    case SIGILL:
      return "SIGILL (illegal instruction)";
    case SIGSEGV:
      return "SIGSEGV (memory that is not its own)";
    case SIGBUS:
      return "SIGBUS (memory that is not there, or not aligned)";
    case SIGFPE:
      return "SIGFPE (arithmetic that traps)";
    case SIGABRT:
      return "SIGABRT (it aborted)";
    case SIGKILL:
      return "SIGKILL (killed, perhaps for want of memory)";
    case SIGTRAP:
      return "SIGTRAP";
    default:
      return nullptr;
  }
}

}  // namespace

std::string Ending::ToString() const {
  if (hung) return "does not end";
  if (signal == 0) return fmt::format("ended with exit code {}", code);
  const char* const meaning = MeaningOf(signal);
  return meaning != nullptr ? meaning : fmt::format("signal {}", signal);
}

void RunChildren(std::vector<ChildTask> tasks, size_t jobs) {
  std::list<Child> running;
  for (size_t next = 0; next < tasks.size() || !running.empty();) {
    while (next < tasks.size() && running.size() < std::max<size_t>(jobs, 1)) {
      running.emplace_back(std::move(tasks[next++]));
    }
    Attend(running);
  }
}

ChildResult RunChild(std::vector<std::string> arguments, std::chrono::milliseconds timeout) {
  ChildResult result;
  std::vector<ChildTask> tasks;
  tasks.push_back({std::move(arguments), [&](const std::string& line) { result.line = line; },
                   [&](const Ending& ending, double) { result.ending = ending; }, timeout});
  RunChildren(std::move(tasks), 1);
  return result;
}

std::string WhyNoChildren() {
  if (OwnPath().empty()) return "the system does not say where this program lies";
  try {
    const ChildResult hello = RunChild({"selftest", "--worker", "hello"}, std::chrono::seconds(60));
    if (hello.ending.ok() && hello.line == "hello") return "";
    if (hello.ending.code == kNoProgram) return "this program cannot be started anew";
    return fmt::format("this program, started anew, {}", hello.ending.ToString());
  } catch (const std::system_error& e) {
    return e.what();
  }
}

void BeginChild() {
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  setrlimit(RLIMIT_CORE, &none);
}

void WriteLine(const std::string& line) {
  const std::string whole = line + "\n";
  size_t done = 0;
  while (done < whole.size()) {
    const ssize_t count = write(STDOUT_FILENO, whole.data() + done, whole.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) _exit(1);  // nobody listens any more
    done += static_cast<size_t>(count);
  }
}

}  // namespace windrow::tool
