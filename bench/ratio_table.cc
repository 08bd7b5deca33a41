// Prints one line a layer.
#include "bench/ratio_table.h"

#include <algorithm>
#include <iomanip>
#include <locale>
#include <ostream>
#include <sstream>

namespace windrow::bench {
namespace {

std::string Fixed(double value, int decimals) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << std::fixed << std::setprecision(decimals) << value;
  return out.str();
}

}  // namespace

RatioTable::RatioTable(const std::vector<Peer>& peers)
    : columns_{{"us", "windrow_us", 11, 1, ""}, {"limit", "pct_of_limit", 7, 0, "%"}} {
  if (peers.empty()) return;
  columns_.push_back({"best", "ratio_best", 7, 2, ""});
  columns_.push_back({"same", "ratio_best_same_layout", 7, 2, ""});
  for (const Peer& peer : peers) {
    for (const PeerFormat& format : peer.formats) {
      const int width = std::max(7, static_cast<int>(format.name.size()) + 2);
      columns_.push_back({format.name, "ratio_" + format.name, width, 2, ""});
    }
  }
}

bool RatioTable::ReportContext(const Context& context) {
  PrintBasicContext(&GetErrorStream(), context);
  std::ostream& out = GetOutputStream();
  name_width_ = static_cast<int>(context.name_field_width);
  out << std::left << std::setw(name_width_) << "layer" << std::right;
  for (const Column& column : columns_) out << std::setw(column.width) << column.heading;
  out << std::endl;
  return true;
}

void RatioTable::ReportRuns(const std::vector<Run>& runs) {
  std::ostream& out = GetOutputStream();
  for (const Run& run : runs) {
    if (!run.error_occurred && !run.counters.contains("windrow_us")) continue;
    out << std::left << std::setw(name_width_) << run.benchmark_name() << std::right;
    if (run.error_occurred) out << "  ERROR OCCURRED: " << run.error_message;
    for (const Column& column : columns_) {
      if (run.error_occurred) break;
      const auto counter = run.counters.find(column.counter);
      const bool known = counter != run.counters.end();
      out << std::setw(column.width)
          << (known ? Fixed(counter->second.value, column.decimals) + column.unit : "-");
    }
    out << std::endl;
  }
}

}  // namespace windrow::bench
