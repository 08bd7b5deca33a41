#include "tools/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <ostream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace windrow::tool {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void Fail(const char* what, const std::string& path, int error) {
  throw std::runtime_error(fmt::format("cannot {} {}: {}", what, path, std::strerror(error)));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  // Closing reports what a network file system could not write.
  bool Close() { return close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

// A file that is removed unless it is kept.
class Temporary {
 public:
  explicit Temporary(std::string path) : path_(std::move(path)) {}
  ~Temporary() {
    if (!path_.empty()) unlink(path_.c_str());
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  void Keep() { path_.clear(); }

 private:
  std::string path_;
};

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

std::string ReadAll(int fd, const std::string& name) {
  std::string bytes;
  size_t used = 0;
  for (;;) {
    // No buffer of its own, since stacks may be small.
    if (used == bytes.size()) bytes.resize(std::max<size_t>(2 * used, 1 << 16));
    const ssize_t n = read(fd, bytes.data() + used, bytes.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) Fail("read", name, errno);
    used += static_cast<size_t>(n);
    if (n == 0) break;
  }
  bytes.resize(used);
  return bytes;
}

// The permissions an ordinary new file gets.
mode_t NewPermissions() {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

// Where a path leads, even if there is nothing.
std::string Followed(const std::string& path) {
  constexpr int kMaxLinks = 40;
  std::error_code error;
  fs::path end = path;
  for (int i = 0; i < kMaxLinks && fs::is_symlink(end, error); ++i) {
    end = end.parent_path() / fs::read_symlink(end, error);
  }
  return end.string();
}

// Puts a new file in the place of `real`, or of nothing if `old` is null. Returns why there cannot
// be one, with nothing done, or 0.
int Replace(const std::string& real, const struct stat* old, std::string_view bytes) {
  // Not longer for a long name, of which there may be no longer ones.
  std::string name = fs::path(real).replace_filename(".windrow.XXXXXX").string();
  Descriptor file(mkstemp(name.data()));
  if (file.get() < 0) return errno;
  Temporary temporary(name);
  // The owner first, since a change of it may take permissions away.
  if (old != nullptr && fchown(file.get(), old->st_uid, old->st_gid) != 0) return errno;
  const mode_t mode = old != nullptr ? old->st_mode & 07777 : NewPermissions();
  if (fchmod(file.get(), mode) != 0) return errno;
  if (!WriteAll(file.get(), bytes) || !file.Close()) Fail("write", real, errno);
  if (rename(name.c_str(), real.c_str()) != 0) return errno;
  temporary.Keep();
  return 0;
}

// Whether this path, rather than another name or a link of the system's, is that file.
bool IsTheFile(const std::string& path, const struct stat& file) {
  struct stat found;
  return lstat(path.c_str(), &found) == 0 && found.st_ino == file.st_ino &&
         found.st_dev == file.st_dev;
}

}  // namespace

std::string ReadFile(const std::string& path) {
  if (path == "-") return ReadAll(STDIN_FILENO, InputName(path));
  Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) Fail("read", path, errno);
  return ReadAll(file.get(), path);
}

void WriteFile(const std::string& path, std::string_view bytes) {
  // Tells whether there is something and whether it may be written to, and changes nothing.
  Descriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.get() < 0) {
    const int error = errno == ENOENT ? Replace(Followed(path), nullptr, bytes) : errno;
    if (error != 0) Fail("write", path, error);
    return;
  }
  struct stat old;
  if (fstat(file.get(), &old) != 0) Fail("write", path, errno);
  const bool regular = S_ISREG(old.st_mode);
  const std::string real = Followed(path);
  if (regular && old.st_nlink == 1 && IsTheFile(real, old) && Replace(real, &old, bytes) == 0) {
    return;
  }
  if (!WriteAll(file.get(), bytes) ||
      (regular && ftruncate(file.get(), static_cast<off_t>(bytes.size())) != 0) || !file.Close()) {
    Fail("write", path, errno);
  }
}

void WriteOutput(const std::string& path, std::string_view bytes, std::ostream& out) {
  if (path == "-") {
    out << bytes;
  } else {
    WriteFile(path, bytes);
  }
}

std::string InputName(const std::string& path) { return path == "-" ? "standard input" : path; }

}  // namespace windrow::tool
