#include "tools/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <utility>

namespace windrow::tool {

std::ostream* Terminal(std::ostream& err) {
  return &err == &std::cerr && isatty(STDERR_FILENO) == 1 ? &err : nullptr;
}

Progress::Progress(std::ostream* terminal, std::string what, size_t steps,
                   std::chrono::milliseconds patience)
    : terminal_(terminal),
      what_(std::move(what)),
      steps_(std::max<size_t>(steps, 1)),
      show_from_(std::chrono::steady_clock::now() + patience) {}

Progress::~Progress() {
  if (!shown_.empty()) *terminal_ << fmt::format("\r{:{}}\r", "", shown_.size());
}

void Progress::Step() {
  ++done_;
  if (terminal_ == nullptr || std::chrono::steady_clock::now() < show_from_) return;
  const std::string now = fmt::format("{}: {:3} %", what_, 100 * std::min(done_, steps_) / steps_);
  if (now == shown_) return;
  *terminal_ << fmt::format("\r{}", now);
  terminal_->flush();
  shown_ = now;
}

void StatusLine::Show(const std::function<std::string()>& text) {
  const auto now = std::chrono::steady_clock::now();
  if (terminal_ == nullptr || now < next_) return;
  next_ = now + std::chrono::milliseconds(200);
  const std::string line = text();
  *terminal_ << fmt::format("\r{:<{}}", line, width_);
  terminal_->flush();
  width_ = line.size();
}

void StatusLine::Clear() {
  if (width_ > 0) *terminal_ << fmt::format("\r{:{}}\r", "", width_);
  width_ = 0;
}

}  // namespace windrow::tool
