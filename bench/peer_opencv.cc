// OpenCV's filter2D as a peer, for image filters: one channel in, one out.
//
//   y[i][j] = bias + sum over kernel of w[a][b] * x[i + a - anchor.y][j + b - anchor.x]
//
// The anchor is the padding above and on the left. As filter2D gives as many pixels as it is given,
// it is given the top left part of the image that is as large as the result; the pixels around that
// part are still read, and zeros outside the image.
#include <opencv2/core/utility.hpp>
#include <opencv2/core/version.hpp>
#include <opencv2/imgproc.hpp>

#include "bench/peer.h"

namespace windrow::bench {
namespace {

// Whether every window begins inside the padded image as filter2D sees it: an anchor is a pixel of
// the kernel, and the result is not larger than the image.
bool CanFilter(const Layer& layer) {
  const ConvProblem& p = layer.problem;
  const Shape y = layer.problem.output();
  return p.ic == 1 && p.oc == 1 && p.stride == Size2(1) && p.dilation == Size2(1) &&
         p.padding.top() < p.kernel.h && p.padding.left() < p.kernel.w && y.h() <= p.ih &&
         y.w() <= p.iw;
}

// Image `index` of a batch with one channel. Not copied.
cv::Mat Image(Tensor& batch, int64_t index) {
  const Shape& s = batch.shape();
  return cv::Mat(static_cast<int>(s.h()), static_cast<int>(s.w()), CV_32F,
                 batch.data() + index * s.h() * s.w());
}

class OpenCvFilter : public PeerOperation {
 public:
  OpenCvFilter(const Layer& layer, const Operands& operands)
      : x_(operands.x),
        y_(layer.problem.output()),
        kernel_(Shape(1, 1, layer.problem.kernel.h, layer.problem.kernel.w), operands.weights),
        anchor_(static_cast<int>(layer.problem.padding.left()),
                static_cast<int>(layer.problem.padding.top())),
        bias_(operands.bias[0]) {}

  void Run() override {
    for (int64_t n = 0; n < y_.shape().n(); ++n) {
      const cv::Mat y = Image(y_, n);
      cv::filter2D(Image(x_, n)(cv::Rect({0, 0}, y.size())), y, CV_32F, Image(kernel_, 0), anchor_,
                   bias_, cv::BORDER_CONSTANT);
    }
  }

  Tensor Output() const override { return y_; }

 private:
  Tensor x_, y_, kernel_;
  cv::Point anchor_;
  float bias_;
};

std::unique_ptr<PeerOperation> MakeOpenCv(const Layer& layer, const Operands& operands) {
  if (!CanFilter(layer)) return nullptr;
  return std::make_unique<OpenCvFilter>(layer, operands);
}

}  // namespace

Peer OpenCvPeer() {
  // With one channel, both layouts are the same.
  return {"opencv",
          CV_VERSION,
          [](int threads) { cv::setNumThreads(threads); },
          {{"opencv", {Layout::kNhwc, Layout::kNchw}, MakeOpenCv}}};
}

}  // namespace windrow::bench
