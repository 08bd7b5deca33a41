// Weights, checkpoints and sets of pictures in files: what is written is read, what is damaged,
// foreign or does not fit is an error that says so and changes nothing.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/expect_throw.h"
#include "tests/support/values.h"
#include "tests/train/folder.h"
#include "tests/train/tensors.h"
#include "windrow/train.h"

namespace windrow::test {
namespace {

class TrainFiles : public FolderTest {
 protected:
  static train::Model Small(uint64_t seed) {
    return train::Model(
        train::Sequential(
            train::Conv2d({.in_channels = 1, .out_channels = 2, .kernel_size = 3}, false),
            train::BatchNorm2d({.num_features = 2}), train::Flatten(),
            train::Linear({.in_features = 8, .out_features = 3})),
        Shape(1, 1, 4, 4), {.seed = seed});
  }
  // That this file is refused with these words and leaves the model as it was.
  void ExpectRefused(const std::string& bytes, std::initializer_list<std::string> facts) {
    Write("bad", bytes);
    train::Model model = Small(1);
    const uint64_t before = model.Hash();
    EXPECT_TRUE(Throws<std::runtime_error>([&] { train::LoadWeights(model, Path("bad")); }, facts));
    EXPECT_EQ(model.Hash(), before);
  }
  static std::string File(const std::string& header, const std::string& data = "") {
    std::string bytes(8, '\0');
    bytes[0] = static_cast<char>(header.size());
    bytes[1] = static_cast<char>(header.size() >> 8);
    return bytes + header + data;
  }
};

TEST_F(TrainFiles, WeightsGoThereAndBack) {
  train::Model a = Small(1), b = Small(2);
  EXPECT_NE(a.Hash(), b.Hash());
  train::SaveWeights(a, Path("w"));
  train::LoadWeights(b, Path("w"));
  EXPECT_EQ(a.Hash(), b.Hash());
  EXPECT_EQ(FileCount(), 1u);
}

// As the safetensors library writes it, and PyTorch names it.
TEST_F(TrainFiles, WeightsAreSafetensors) {
  train::Model model(train::Linear({.in_features = 2, .out_features = 1}), Shape(1, 2, 1, 1));
  Numbers weights{1, -2};
  std::copy(weights.begin(), weights.end(), model.parameter("weight").value.data());
  model.parameter("bias").value.data()[0] = 0.5f;
  train::SaveWeights(model, Path("w"));
  std::string header =
      R"({"__metadata__":{"format":"pt"},"weight":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]})"
      R"(,"bias":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}})";
  header.resize(152, ' ');
  EXPECT_EQ(Contents("w"), File(header, std::string("\0\0\x80\x3F\0\0\0\xC0\0\0\0\x3F", 12)));
}

TEST_F(TrainFiles, ForeignFilesOfTheFormatAreRead) {
  train::Model model(train::Linear({.in_features = 2, .out_features = 1}), Shape(1, 2, 1, 1));
  // Another order of tensors and members, spaces, escapes, no metadata, a count of PyTorch's.
  const std::string header =
      "{ \"b\\u0069as\" :\t{\"shape\":[ 1 ],\"dtype\":\"F32\",\"data_offsets\":[8,12]},\n"
      "\"bn.num_batches_tracked\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[12,20]},"
      "\"weight\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}";
  Write("w", File(header, std::string("\0\0\x80\x3F\0\0\0\xC0\0\0\0\x3F\0\0\0\0\0\0\0\0", 20)));
  train::LoadWeights(model, Path("w"));
  EXPECT_EQ(ValuesOf(model.parameter("weight").value), (Numbers{1, -2}));
  EXPECT_EQ(ValuesOf(model.parameter("bias").value), (Numbers{0.5f}));
}

TEST_F(TrainFiles, WhatIsWrongIsNamed) {
  train::Model model = Small(1);
  train::SaveWeights(model, Path("w"));
  const std::string good = Contents("w");
  for (size_t size = 0; size < good.size(); ++size) {
    ExpectRefused(good.substr(0, size), {Path("bad")});
  }
  ExpectRefused("", {"too short", "0 bytes"});
  ExpectRefused(good + '\0', {"1 bytes of data belong to no tensor"});
  ExpectRefused(std::string(1000, '\xFF'), {"cut short, or is no safetensors file"});
  ExpectRefused(File("{}"), {"there is no \"0.weight\""});
  ExpectRefused(File("[]"), {"no '{'"});
  ExpectRefused(File("{\"a\":1}"), {"no '{'"});
  ExpectRefused(File("{\"a\":{}}"), {"\"a\" has not dtype, shape and data_offsets"});
  const auto tensor = [](const std::string& members) { return File("{\"a\":{" + members + "}}"); };
  ExpectRefused(tensor(R"("dtype":"F31","shape":[],"data_offsets":[0,0])"),
                {"unknown dtype \"F31\""});
  ExpectRefused(tensor(R"("dtype":"F32","shape":[],"data_offsets":[0,4])"),
                {"reaches outside the 0"});
  ExpectRefused(tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,0])"),
                {"has 0 bytes", "has 4"});
  ExpectRefused(tensor(R"("dtype":"F32","shape":[-1],"data_offsets":[0,0])"),
                {"no number from 0 on"});
  ExpectRefused(tensor(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0])"),
                {"does not fit 64 bits"});
  ExpectRefused(tensor(R"("dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,0])"),
                {"does not fit 63 bits"});
  ExpectRefused(tensor(R"("dtype":"F32","dtype":"F32","shape":[])"),
                {"second or unknown \"dtype\""});
  ExpectRefused(tensor(R"("dtype":"F32","shape":[0],"data_offsets":[0,0],"more":[])"),
                {"\"more\""});
  const std::string empty = R"("a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
  ExpectRefused(File("{" + empty + "," + empty + "}"), {"second tensor \"a\""});
  ExpectRefused(File("{" + empty + "} x"), {"more after the JSON"});
  ExpectRefused(File("{\"\\q\":1}"), {"unknown escape"});
  ExpectRefused(File("{\"\\ud800\":1}"), {"half a character"});
  ExpectRefused(File("{\"\n\":1}"), {"control character"});
  ExpectRefused(File(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                     R"("b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}})",
                     "123456"),
                {"overlap or leave a gap"});
  EXPECT_TRUE(Throws<std::runtime_error>([&] { train::LoadWeights(model, Path("none")); },
                                         {"cannot read", "none", "No such file"}));
  EXPECT_TRUE(Throws<std::runtime_error>([&] { train::LoadWeights(model, Path(".")); },
                                         {"cannot read", "directory"}));
}

TEST_F(TrainFiles, WeightsOfAnotherModelAreRefused) {
  const auto linear = [](int64_t in, int64_t out, bool bias = true) {
    return train::Model(train::Linear({.in_features = in, .out_features = out, .bias = bias}),
                        Shape(1, in, 1, 1));
  };
  train::Model model = linear(3, 2);
  const auto load = [&] { train::LoadWeights(model, Path("w")); };
  train::SaveWeights(linear(2, 3), Path("w"));
  EXPECT_TRUE(Throws<std::runtime_error>(load, {"\"weight\" has the shape [3, 2]", "[2, 3]"}));
  train::SaveWeights(linear(3, 2, false), Path("w"));
  EXPECT_TRUE(Throws<std::runtime_error>(load, {"there is no \"bias\""}));
  model = linear(3, 2, false);
  train::SaveWeights(linear(3, 2), Path("w"));
  EXPECT_TRUE(Throws<std::runtime_error>(load, {"the model has no \"bias\""}));
  Write("w",
        File(R"({"weight":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]}})", "123456789012"));
  EXPECT_TRUE(Throws<std::runtime_error>(load, {"\"weight\" is of F16, not F32"}));
}

// Ten thousand files that differ from a good one in a few bytes or are cut.
TEST_F(TrainFiles, MutantsAreReadOrRefusedWhole) {
  train::Model model = Small(1);
  train::SaveWeights(model, Path("w"));
  const std::string good = Contents("w");
  const auto header = static_cast<int64_t>(good.size()) - 4 * (18 + 8 + 24 + 3);
  const uint64_t before = model.Hash();
  Generator random(5);
  int read = 0;
  for (int i = 0; i < 10'000; ++i) {
    std::string bytes = good;
    for (int64_t n = random.Between(1, 3); n > 0 && !bytes.empty(); --n) {
      const int64_t end = random.OneIn(10) ? std::ssize(bytes) : header;
      const auto at = static_cast<size_t>(random.Between(0, std::min(end, std::ssize(bytes)) - 1));
      const char any = random.OneIn(2) ? static_cast<char>(random.Next())
                                       : good[static_cast<size_t>(random.Between(0, header - 1))];
      switch (random.Between(0, 3)) {
        case 0:
          bytes[at] = any;
          break;
        case 1:
          bytes.erase(at, static_cast<size_t>(random.Between(1, 9)));
          break;
        case 2:
          bytes.insert(at, 1, any);
          break;
        default:
          bytes.resize(at + 1);
      }
    }
    Write("m", bytes);
    try {
      train::LoadWeights(model, Path("m"));
      ++read;
      train::LoadWeights(model, Path("w"));
    } catch (const std::runtime_error& e) {
      ASSERT_NE(std::string(e.what()).find(Path("m")), std::string::npos) << e.what();
    }
    ASSERT_EQ(model.Hash(), before) << "mutant " << i;
  }
  EXPECT_GT(read, 20);
  EXPECT_LT(read, 5000);
}

TEST_F(TrainFiles, CheckpointsOfOtherRunsAreRefused) {
  const train::Dataset data = Bars(20, 4);
  train::Dataset fewer = Bars(19, 4);
  const auto network = [] {
    return train::Sequential(train::Flatten(),
                             train::Linear({.in_features = 16, .out_features = 10}));
  };
  train::Model model(network(), data.image);
  train::SGD sgd(model, {.momentum = 0.9}), plain(model, {});
  train::Trainer trainer(model, sgd, data, {.batch_size = 5});
  trainer.Step();
  trainer.Save(Path("c"));
  const uint64_t hash = model.Hash();
  const auto refused = [&](train::Trainer&& other, std::initializer_list<std::string> facts) {
    EXPECT_TRUE(Throws<std::runtime_error>([&] { other.Load(Path("c")); }, facts));
    EXPECT_EQ(other.step(), 0);
    EXPECT_EQ(model.Hash(), hash);
  };
  refused(train::Trainer(model, sgd, data, {.batch_size = 4}), {"batch_size is 5", "it is 4"});
  refused(train::Trainer(model, sgd, data, {.batch_size = 5, .seed = 7}), {"seed is 0", "it is 7"});
  refused(train::Trainer(model, sgd, fewer, {.batch_size = 5}), {"pictures is 20", "it is 19"});
  refused(train::Trainer(model, plain, data, {.batch_size = 5}),
          {"the model has no \"momentum_buffer of 1.bias\""});
  train::SaveWeights(model, Path("c"));
  refused(train::Trainer(model, sgd, data, {.batch_size = 5}), {"not all that a run goes on from"});
}

// A disk that is full while a file is written: a limit of this process's file sizes stands for it.
TEST_F(TrainFiles, TheOldFileSurvivesAFailure) {
  train::Model model = Small(1);
  train::SaveWeights(model, Path("w"));
  const std::string old = Contents("w");
  model.parameter("0.weight").value.data()[0] = 7;
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{100, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_TRUE(Throws<std::runtime_error>([&] { train::SaveWeights(model, Path("w")); },
                                         {"cannot write", Path("w"), "File too large"}));
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(Contents("w"), old);
  EXPECT_EQ(FileCount(), 1u);
  EXPECT_TRUE(Throws<std::runtime_error>([&] { train::SaveWeights(model, Path("none/w")); },
                                         {"cannot write", "none/w", "No such file"}));
  std::filesystem::create_symlink(Path("w"), Path("link"));
  train::SaveWeights(model, Path("link"));
  EXPECT_TRUE(std::filesystem::is_symlink(Path("link")));
  EXPECT_NE(Contents("w"), old);
}

// A new file in the place of /dev/null would be the end of many programs.
TEST_F(TrainFiles, DevicesAndPipesAreWrittenToNotReplaced) {
  train::Model model = Small(1);
  train::SaveWeights(model, Path("w"));
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  const int pipe = open(Path("pipe").c_str(), O_RDONLY | O_NONBLOCK);
  train::SaveWeights(model, Path("pipe"));
  ASSERT_TRUE(std::filesystem::is_fifo(Path("pipe")));
  std::string bytes(1 << 16, '\0');
  bytes.resize(static_cast<size_t>(read(pipe, bytes.data(), bytes.size())));
  close(pipe);
  EXPECT_EQ(bytes, Contents("w"));
  // A full disk's own error.
  if (!std::filesystem::is_character_file("/dev/full")) return;
  EXPECT_TRUE(Throws<std::runtime_error>([&] { train::SaveWeights(model, "/dev/full"); },
                                         {"cannot write /dev/full", "No space left on device"}));
}

std::string BigEndian(std::initializer_list<uint32_t> words) {
  std::string bytes;
  for (const uint32_t w : words) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(w >> shift & 255);
  }
  return bytes;
}

TEST_F(TrainFiles, IdxFilesAreRead) {
  Write("images", BigEndian({0x803, 2, 2, 3}) + "abcdefghijkl");
  Write("labels", BigEndian({0x801, 2}) + "\x05\x09");
  const train::Dataset data = train::ReadIdx(Path("images"), Path("labels"));
  EXPECT_EQ(data.image, Shape(1, 1, 2, 3));
  EXPECT_EQ(data.size(), 2);
  EXPECT_EQ(data.labels, (std::vector<uint8_t>{5, 9}));
  EXPECT_EQ(data.pixels[11], 'l');
}

TEST_F(TrainFiles, IdxFilesThatAreWrongAreNamed) {
  const std::string images = BigEndian({0x803, 2, 2, 3}) + "abcdefghijkl";
  const std::string labels = BigEndian({0x801, 2}) + "\x05\x09";
  const auto refused = [](const std::string& i, const std::string& l,
                          std::initializer_list<std::string> facts) {
    EXPECT_TRUE(Throws<std::runtime_error>([&] { train::ParseIdx(i, l, "IMG", "LAB"); }, facts));
  };
  for (size_t size = 0; size < images.size(); ++size)
    refused(images.substr(0, size), labels, {"IMG"});
  for (size_t size = 0; size < labels.size(); ++size)
    refused(images, labels.substr(0, size), {"LAB"});
  refused(images + "x", labels, {"IMG", "has 13 bytes of values, its header says 12"});
  refused(labels, labels, {"IMG", "too short"});
  refused(images, images, {"LAB", "3 dimensions, not 1"});
  refused(images, BigEndian({0x801, 3}) + "123", {"IMG has 2 pictures, LAB has 3 labels"});
  refused("\x1F\x8B" + images, labels, {"IMG", "gzip"});
  refused(BigEndian({0xD03, 2, 2, 3}) + "abcdefghijkl", labels, {"IMG", "no IDX file of bytes"});
  refused(BigEndian({0x803, 0, 2, 3}), BigEndian({0x801, 0}), {"there are no pictures"});
  refused(BigEndian({0x803, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}), labels, {"more values than fit"});
}

// Thousands of files that differ from good ones in a few bytes or are cut.
TEST_F(TrainFiles, MutantsOfIdxFilesAreReadOrRefused) {
  const std::string images = BigEndian({0x803, 4, 2, 3}) + "abcdefghijklmnopqrstuvwx";
  const std::string labels = BigEndian({0x801, 4}) + "\x01\x02\x03\x04";
  Generator random(6);
  int read = 0;
  for (int i = 0; i < 10'000; ++i) {
    std::string files[] = {images, labels};
    std::string& bytes = files[random.OneIn(2)];
    for (int64_t n = random.Between(1, 3); n > 0 && !bytes.empty(); --n) {
      const auto at = static_cast<size_t>(random.Between(0, std::ssize(bytes) - 1));
      const auto any = static_cast<char>(random.OneIn(2) ? random.Next() : random.Between(0, 4));
      switch (random.Between(0, 4)) {
        case 0:
          bytes.erase(at, static_cast<size_t>(random.Between(1, 5)));
          break;
        case 1:
          bytes.insert(at, 1, any);
          break;
        default:
          bytes[at] = any;
      }
    }
    try {
      const train::Dataset data = train::ParseIdx(files[0], files[1], "IMG", "LAB");
      ASSERT_EQ(std::ssize(data.pixels), data.size() * data.image.elements()) << i;
      ASSERT_GT(data.size(), 0);
      ++read;
    } catch (const std::runtime_error& e) {
      const std::string what = e.what();
      ASSERT_TRUE(what.rfind("IMG", 0) == 0 || what.rfind("LAB", 0) == 0) << what;
    }
  }
  EXPECT_GT(read, 1000);
  EXPECT_LT(read, 9000);
}

TEST_F(TrainFiles, SetsThatDoNotFitAreNamed) {
  const train::Dataset data = Bars(20, 4);
  train::Model model(
      train::Sequential(train::Flatten(), train::Linear({.in_features = 16, .out_features = 9})),
      Shape(1, 1, 4, 4));
  train::Model pictures(train::ReLU(), Shape(1, 1, 4, 4));
  train::SGD sgd(model, {}), other(pictures, {});
  const auto refused = [&](const train::Dataset& d, const train::TrainerOptions& o,
                           std::initializer_list<std::string> facts) {
    EXPECT_TRUE(Throws([&] { train::Trainer(model, sgd, d, o); }, facts));
  };
  refused(data, {}, {"a batch of 64 from a set of 20"});
  refused(data, {.batch_size = 0}, {"a batch of 0"});
  train::Dataset d = data;
  for (uint8_t& label : d.labels) label = 1;
  d.labels[7] = 9;
  refused(d, {.batch_size = 5}, {"label 7 of the set is 9, the model has 9 classes"});
  d = Bars(20, 5);
  refused(d, {.batch_size = 5}, {"1x1x5x5", "1x1x4x4"});
  d = data;
  d.pixels.pop_back();
  refused(d, {.batch_size = 5}, {"319 pixels and 20 labels"});
  refused({}, {.batch_size = 5}, {"empty"});
  d = data;
  for (uint8_t& label : d.labels) label = 1;
  d.std = 0;
  refused(d, {.batch_size = 5}, {"its std 0"});
  d.std = 1;
  d.mean = NAN;
  refused(d, {.batch_size = 5}, {"mean is nan"});
  d.mean = 0;
  train::Trainer(model, sgd, d, {.batch_size = 5});
  EXPECT_TRUE(
      Throws([&] { train::Trainer(model, other, d, {.batch_size = 5}); }, {"another model"}));
  EXPECT_TRUE(Throws([&] { train::Trainer(pictures, other, d, {.batch_size = 5}); },
                     {"1x1x4x4", "for each class"}));
  EXPECT_TRUE(Throws([&] { train::Evaluate(model, d, 0); }, {"a batch of 0"}));
}

}  // namespace
}  // namespace windrow::test
