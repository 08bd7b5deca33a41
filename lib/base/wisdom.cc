// The wisdom of the process, and its text:
//
//   windrow-wisdom 1 windrow-0.1.0
//   cpu AMD family 25 model 33 l1d 32768 l2 524288 l3 33554432
//   im2col/source: AVX2 threads1 fused conv mb1 g1 ic3 oc64 ...     a plan and its call, a line
//   each end 1                                                           how many
//
// Calls are compared as texts and never read: whatever planning looks at is in them.
#include "lib/base/wisdom.h"

#include <cstdlib>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/machine.h"
#include "windrow/tuning.h"
#include "windrow/version.h"

namespace windrow {
namespace internal {
namespace {

using Plans = decltype(Wisdom::plans);

constexpr size_t kMaxBytes = size_t{16} << 20;  // a hundred thousand calls

std::string FirstLine() { return StrCat("windrow-wisdom 1 windrow-", WINDROW_VERSION_STRING); }

std::string CpuLine() {
  constexpr const char* kVendors[] = {"other", "Intel", "AMD"};
  const CpuId cpu = ThisCpu();
  const Machine& m = ThisMachine();
  return StrCat("cpu ", kVendors[static_cast<size_t>(cpu.vendor)], " family ", cpu.family,
                " model ", cpu.model, " l1d ", m.l1d, " l2 ", m.l2, " l3 ", m.l3);
}

// For messages.
std::string Quoted(std::string_view text) {
  constexpr size_t kMax = 80;
  std::string quoted = "\"";
  for (const char c : text.substr(0, kMax)) quoted += c >= ' ' && c <= '~' ? c : '?';
  return quoted + (text.size() > kMax ? "...\"" : "\"");
}

// A text's lines, one after the other. All end with a line feed, so that none is cut off.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  bool AtEnd() const { return rest_.empty(); }
  std::string_view Next() {
    ++number_;
    const size_t end = rest_.find('\n');
    if (end == std::string_view::npos) {
      throw std::invalid_argument(
          StrCat("it is broken: line ", number_, " is ", Quoted(rest_), " and has no end"));
    }
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }
  [[noreturn]] void Fail(std::string_view line, const std::string& expected) const {
    throw std::invalid_argument(
        StrCat("it is broken: line ", number_, " is ", Quoted(line), ", not ", expected));
  }

 private:
  std::string_view rest_;
  int64_t number_ = 0;
};

void CheckHead(Lines& lines) {
  const std::string_view first = lines.Next();
  if (!first.starts_with("windrow-wisdom ")) lines.Fail(first, Quoted(FirstLine()));
  Require(first == FirstLine(), "it is of another version: ", Quoted(first), ", not ",
          Quoted(FirstLine()));
  const std::string_view cpu = lines.Next();
  if (!cpu.starts_with("cpu ")) lines.Fail(cpu, Quoted(CpuLine()));
  Require(cpu == CpuLine(), "it is of another CPU: ", Quoted(cpu), ", this is ", Quoted(CpuLine()));
}

Plans Parse(std::string_view text) {
  Lines lines(text);
  CheckHead(lines);
  Plans plans;
  for (size_t count = 0;; ++count) {
    const std::string_view line = lines.Next();
    if (line.starts_with("end ")) {
      if (line != StrCat("end ", count)) lines.Fail(line, StrCat("\"end ", count, "\""));
      if (!lines.AtEnd()) lines.Fail(line, "the last");
      return plans;
    }
    const size_t colon = line.find(": ");
    if (colon == std::string_view::npos || colon == 0 || colon + 2 == line.size()) {
      lines.Fail(line, "a plan, a colon and its call");
    }
    plans.insert_or_assign(std::string(line.substr(colon + 2)), std::string(line.substr(0, colon)));
  }
}

Plans ParseFile(const std::string& path) {
  const std::string text = ReadFile(path, kMaxBytes);
  try {
    return Parse(text);
  } catch (const std::invalid_argument& e) {
    throw std::invalid_argument(StrCat("wisdom ", path, ": ", e.what()));
  }
}

// What is known changes as a whole: objects keep what they were built with.
class Known {
 public:
  static Known& Get() {
    static Known known;
    return known;
  }

  std::shared_ptr<const Wisdom> Now() {
    const std::lock_guard lock(mutex_);
    ReadEnvironment();
    return now_;
  }
  void Add(Plans plans) {
    const std::lock_guard lock(mutex_);
    ReadEnvironment();
    auto all = now_ == nullptr ? std::make_shared<Wisdom>() : std::make_shared<Wisdom>(*now_);
    for (auto& [call, plan] : plans) all->plans.insert_or_assign(call, std::move(plan));
    now_ = std::move(all);
  }
  void Forget(bool environment_too) {
    const std::lock_guard lock(mutex_);
    now_ = nullptr;
    environment_read_ = !environment_too;
  }

 private:
  // Under the lock.
  void ReadEnvironment() {
    if (environment_read_) return;
    const char* const path = std::getenv("WINDROW_WISDOM");
    if (path != nullptr && *path != '\0') {
      auto all = std::make_shared<Wisdom>();
      try {
        all->plans = ParseFile(path);
      } catch (const std::bad_alloc&) {
        throw;
      } catch (const std::exception& e) {
        all->complaint = StrCat("WINDROW_WISDOM was ignored: ", e.what());
      }
      now_ = std::move(all);
    }
    environment_read_ = true;
  }

  std::mutex mutex_;
  std::shared_ptr<const Wisdom> now_;
  bool environment_read_ = false;
};

}  // namespace

std::shared_ptr<const Wisdom> CurrentWisdom() { return Known::Get().Now(); }

void ForgetEnvironmentForTest() { Known::Get().Forget(/*environment_too=*/true); }

}  // namespace internal

inline namespace v0 {
namespace wisdom {

using internal::Known;
using internal::Require;
using internal::StrCat;

void Load(const std::string& path) { Known::Get().Add(internal::ParseFile(path)); }

void Add(std::string_view text) {
  try {
    Known::Get().Add(internal::Parse(text));
  } catch (const std::invalid_argument& e) {
    throw std::invalid_argument(StrCat("the text of wisdom: ", e.what()));
  }
}

void Remember(const Explanation& e) {
  Require(!e.call.empty() && !e.algorithm.empty(), "wisdom does not know such calls: the plan \"",
          e.algorithm, "\" is of the call \"", e.call, "\"");
  Require((e.call + e.algorithm).find_first_of("\r\n") == std::string::npos, "the plan \"",
          e.algorithm, "\" or the call \"", e.call, "\" has several lines");
  Known::Get().Add({{e.call, e.algorithm}});
}

std::string Text() {
  const auto now = internal::CurrentWisdom();
  std::string text = StrCat(internal::FirstLine(), '\n', internal::CpuLine(), '\n');
  size_t count = 0;
  if (now != nullptr) {
    for (const auto& [call, plan] : now->plans) text += StrCat(plan, ": ", call, '\n');
    count = now->plans.size();
  }
  return text + StrCat("end ", count, '\n');
}

void Save(const std::string& path) { internal::WriteFile(path, Text()); }

void Forget() { Known::Get().Forget(/*environment_too=*/false); }

}  // namespace wisdom
}  // namespace v0
}  // namespace windrow
