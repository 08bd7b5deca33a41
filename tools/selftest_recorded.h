// The digests that every machine must have.
#ifndef WINDROW_TOOLS_SELFTEST_RECORDED_H_
#define WINDROW_TOOLS_SELFTEST_RECORDED_H_

#include <string>

#include "tools/selftest_unit.h"

namespace windrow::tool {

// Of version kCorpusVersion of the corpora, whole or quick.
std::string RecordedDigest(BitsClass c, bool quick);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_SELFTEST_RECORDED_H_
