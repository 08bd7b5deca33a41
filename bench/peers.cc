// Which peers were compiled in, and which of them are asked for.
#include <set>
#include <sstream>
#include <stdexcept>

#include "bench/peer.h"

namespace windrow::bench {

std::vector<Peer> Peers() {
  std::vector<Peer> peers;
#ifdef WINDROW_BENCH_ONEDNN
  peers.push_back(OneDnnPeer());
#endif
#ifdef WINDROW_BENCH_XNNPACK
  peers.push_back(XnnpackPeer());
#endif
#ifdef WINDROW_BENCH_OPENCV
  peers.push_back(OpenCvPeer());
#endif
  return peers;
}

std::vector<Peer> ChoosePeers(const std::string& list) {
  if (list == "none") return {};
  if (list == "all") return Peers();
  std::set<std::string> wanted;
  std::istringstream in(list);
  for (std::string name; std::getline(in, name, ',');) wanted.insert(name);

  std::set<std::string> known;
  std::vector<Peer> chosen;
  for (Peer& peer : Peers()) {
    known.insert(peer.name);
    for (const PeerFormat& format : peer.formats) known.insert(format.name);
    if (!wanted.contains(peer.name)) {
      std::erase_if(peer.formats, [&](const PeerFormat& f) { return !wanted.contains(f.name); });
    }
    if (!peer.formats.empty()) chosen.push_back(std::move(peer));
  }
  for (const std::string& name : wanted) {
    if (known.contains(name)) continue;
    std::string names;
    for (const std::string& k : known) names += (names.empty() ? "" : ", ") + k;
    throw std::invalid_argument("there is no peer \"" + name +
                                "\"; compiled in: " + (names.empty() ? "none" : names));
  }
  return chosen;
}

}  // namespace windrow::bench
