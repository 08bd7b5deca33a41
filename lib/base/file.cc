#include "lib/base/file.h"

#if __has_include(<unistd.h>)
#include <fcntl.h>
#include <unistd.h>
#endif

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "lib/base/error.h"

namespace windrow::internal {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void Fail(const char* what, const std::string& path, int error) {
  throw std::runtime_error(
      StrCat("cannot ", what, ' ', path, ": ", std::generic_category().message(error)));
}

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

// Until what was written has arrived, which a rename alone does not wait for.
bool Sync([[maybe_unused]] std::FILE* file) {
#if __has_include(<unistd.h>)
  return fsync(fileno(file)) == 0;
#else
  return true;
#endif
}

void SyncFolder([[maybe_unused]] const fs::path& folder) {
#if __has_include(<unistd.h>)
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
#endif
}

// A new file in the folder.
File NewFile(const fs::path& folder, fs::path& name) {
  constexpr int kMaxLeft = 1000;  // by programs that were killed
  for (int i = 0; i < kMaxLeft; ++i) {
    name = folder / StrCat(".windrow.", i);
    File file(std::fopen(name.string().c_str(), "wbx"));
    if (file != nullptr || errno != EEXIST) return file;
  }
  return nullptr;
}

}  // namespace

std::string ReadFile(const std::string& path, size_t max_bytes) {
  const File file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) Fail("read", path, errno);
  std::string bytes;
  constexpr size_t kBlock = size_t{1} << 16;
  for (size_t read = kBlock; read == kBlock;) {
    const size_t before = bytes.size();
    bytes.resize(before + kBlock);
    read = std::fread(bytes.data() + before, 1, kBlock, file.get());
    bytes.resize(before + read);
    if (bytes.size() > max_bytes) {
      throw std::runtime_error(
          StrCat("cannot read ", path, ": it is longer than ", max_bytes, " bytes"));
    }
  }
  if (std::ferror(file.get()) != 0) Fail("read", path, errno);
  return bytes;
}

void WriteFile(const std::string& path, std::string_view bytes) {
  std::error_code error;
  fs::path real = fs::canonical(path, error);  // what a link leads to
  if (error) real = path;
  // A device or a pipe cannot be replaced: it is written to.
  const fs::file_status found = fs::status(real, error);
  const bool replaces = !fs::exists(found) || fs::is_regular_file(found);
  fs::path name = real;
  File file =
      replaces ? NewFile(real.parent_path(), name) : File(std::fopen(real.string().c_str(), "wb"));
  if (file == nullptr) Fail("write", path, errno);
  bool ok = std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size() &&
            std::fflush(file.get()) == 0 && (!replaces || Sync(file.get()));
  int code = errno;
  if (std::fclose(file.release()) != 0 && ok) {
    ok = false;
    code = errno;
  }
  if (ok && replaces) {
    fs::rename(name, real, error);
    ok = !error;
    code = error.value();
  }
  if (!ok) {
    if (replaces) fs::remove(name, error);
    Fail("write", path, code);
  }
  if (replaces) SyncFolder(real.has_parent_path() ? real.parent_path() : fs::path("."));
}

}  // namespace windrow::internal
