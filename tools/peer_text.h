// Problems as oneDNN's test program benchdnn writes them,
//
//   g32mb1_ic64ih56iw56_oc64oh28ow28_kh3kw3_sh2sw2_ph1pw1_dh0dw0_n"name"
//
// in one word: mb is 2, unless another word says it, and g, sh and sw are 1 if not said; without a
// width it is the height's, and without a height that is 1. A dilation of 0 is dense. What oh and
// ow need besides ph and pw is padding at the bottom and on the right.
#ifndef WINDROW_TOOLS_PEER_TEXT_H_
#define WINDROW_TOOLS_PEER_TEXT_H_

#include <string>

namespace windrow::tool {

// The text with such words, if there are any, in Windrow's. Throws std::invalid_argument naming
// what is wrong with one, or what Windrow does not have.
std::string TranslatePeerText(const std::string& text, bool pooling);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_PEER_TEXT_H_
