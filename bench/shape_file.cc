// The parser of shape files.
#include "bench/shape_file.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>
#include <system_error>

#include "bench/layers.h"

namespace windrow::bench {

std::string Columns::Word(const char* what) {
  std::string word;
  if (!(in_ >> word)) throw std::runtime_error(std::string(what) + " is missing");
  return word;
}

// The bound keeps every product of two within 63 bits; Shape checks the larger ones.
int64_t Columns::Number(const char* what, int64_t min) {
  constexpr int64_t kMax = 1 << 30;
  const std::string word = Word(what);
  int64_t value = 0;
  const char* const end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, value);
  if (error != std::errc() || stop != end || value < min || value > kMax) {
    throw std::runtime_error(std::string(what) + " must be a whole number from " +
                             std::to_string(min) + " to " + std::to_string(kMax) + ", not \"" +
                             word + "\"");
  }
  return value;
}

void Columns::ExpectEnd() {
  std::string word;
  if (in_ >> word) throw std::runtime_error("unexpected \"" + word + "\" at the end");
}

std::string FindShapeFile(const std::string& name, const std::string& flag) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::path folder = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  const fs::path file = fs::path("shapes") / name;
  for (const fs::path& place :
       {"bench" / file, folder / "../../bench" / file, folder / "../../../bench" / file,
        folder / "../share/windrow" / file}) {
    if (fs::exists(place, ignored)) return place.lexically_normal().string();
  }
  throw std::runtime_error("bench/shapes/" + name +
                           " is neither below the current directory nor beside the program; name "
                           "a file with " +
                           flag);
}

void ReadShapeFile(const std::string& path, const std::function<std::string(Columns&)>& parse) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": cannot be opened");
  std::set<std::string> names;
  std::string line;
  for (int64_t number = 1; std::getline(file, line); ++number) {
    line.resize(std::min(line.size(), line.find('#')));
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    try {
      Columns columns(line);
      const std::string name = parse(columns);
      columns.ExpectEnd();
      if (!names.insert(name).second) {
        throw std::runtime_error("there is already a layer \"" + name + "\"");
      }
    } catch (const std::exception& e) {
      throw std::runtime_error(path + ":" + std::to_string(number) + ": " + e.what());
    }
  }
  if (file.bad()) throw std::runtime_error(path + ": cannot be read");
  if (names.empty()) throw std::runtime_error(path + ": holds no layers");
}

}  // namespace windrow::bench
