// Other libraries' convolutions and poolings, to compare with. A new one is a file that fills in a
// Peer, a row in peers.cc, and in peers.cmake how to find it.
#ifndef WINDROW_BENCH_PEER_H_
#define WINDROW_BENCH_PEER_H_

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/layers.h"
#include "windrow/tensor.h"

namespace windrow::bench {

// A layer ready to run: weights, if it has any, in the form the peer likes best, memory allocated,
// input in place.
class PeerOperation {
 public:
  virtual ~PeerOperation() = default;
  virtual void Run() = 0;
  // The result of the last Run.
  virtual Tensor Output() const = 0;
};

// What every competitor computes with. Weights and bias as Conv2d takes them, x in kNchw.
struct Operands {
  const Tensor& x;
  std::span<const float> weights, bias;
};

// A convolution's gradients, and what they are computed from: x and dy in kNchw.
enum class Gradient { kByData, kByWeights };
struct GradientOperands {
  const Tensor& x;
  const Tensor& dy;
  std::span<const float> weights;
};

// One way to use a peer.
struct PeerFormat {
  std::string name;             // "onednn_nhwc"
  std::vector<Layout> layouts;  // its activations are in each of these; none: in one of its own
  // Null if the peer cannot do this layer.
  std::function<std::unique_ptr<PeerOperation>(const Layer&, const Operands&)> make;
  // None if it is not a peer of poolings at all. x in kNchw.
  std::function<std::unique_ptr<PeerOperation>(const Pool&, const Tensor& x)> make_pooling{};
  // That of its gradient by x; dy in kNchw.
  std::function<std::unique_ptr<PeerOperation>(const Pool&, const Tensor& x, const Tensor& dy)>
      make_pooling_gradient{};
  // None if it has no gradients. The output is dx, or dw in the order of the weights.
  std::function<std::unique_ptr<PeerOperation>(const Layer&, Gradient, const GradientOperands&)>
      make_gradient{};
};

struct Peer {
  std::string name, version;
  std::function<void(int)> set_threads;  // of layers made afterwards
  std::vector<PeerFormat> formats;
};

// The peers that were compiled in.
std::vector<Peer> Peers();
// Those that --peers asks for: "all", "none", or names of peers and formats. Throws
// std::invalid_argument, naming the peers there are, for any other.
std::vector<Peer> ChoosePeers(const std::string& list);

Peer OneDnnPeer();
Peer OpenCvPeer();
Peer XnnpackPeer();

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_PEER_H_
