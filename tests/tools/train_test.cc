// windrow train, predict and demo learn: what they print and write, interrupted and gone on with.
#include "windrow/train.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/tools/tool_call.h"
#include "tests/tools/tool_folder.h"
#include "tools/digits.h"
#include "tools/file.h"
#include "tools/mnist.h"
#include "tools/train_curve.h"

namespace windrow::tool {
namespace {

std::string BigEndian(uint32_t word) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(word >> shift & 255);
  return bytes;
}

std::string Gzipped(const std::string& bytes) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

Image Picture(const uint8_t* pixels, int64_t scale, bool dark_on_light) {
  Image image{kMnistSide * scale, kMnistSide * scale, 1, 8, {}};
  for (int64_t i = 0; i < image.width * image.height; ++i) {
    const int64_t x = i % image.width / scale, y = i / image.width / scale;
    const uint8_t value = pixels[y * kMnistSide + x];
    image.samples.push_back(static_cast<uint16_t>(dark_on_light ? 255 - value : value));
  }
  return image;
}

class TrainTool : public FolderTest {
 protected:
  // A small MNIST of drawn digits, half of its files compressed.
  void WriteMnist() {
    for (const auto& [part, count] : {std::pair("train", 400), std::pair("t10k", 100)}) {
      const train::Dataset data = DrawDigits(count, 3);
      const std::string name = Path(part);
      const auto size = static_cast<uint32_t>(count);
      WriteFile(name + "-images-idx3-ubyte.gz",
                Gzipped(BigEndian(0x803) + BigEndian(size) + BigEndian(28) + BigEndian(28) +
                        std::string(data.pixels.begin(), data.pixels.end())));
      WriteFile(
          name + "-labels-idx1-ubyte",
          BigEndian(0x801) + BigEndian(size) + std::string(data.labels.begin(), data.labels.end()));
    }
  }
  Outcome Train(std::vector<std::string> more) {
    more.insert(more.begin(), {"train", "mnist", "--data", folder_});
    return Call(more);
  }
  // The word after these; "" if they are not there.
  static std::string WordAfter(const std::string& words, const std::string& out) {
    const size_t at = out.find(words);
    if (at == std::string::npos) return "";
    const size_t begin = at + words.size();
    return out.substr(begin, out.find_first_of(" ;\n", begin) - begin);
  }
  static std::string HashIn(const std::string& out) {
    return WordAfter("hash of all weights ", out);
  }
};

TEST_F(TrainTool, TrainsSavesAndGoesOn) {
  WriteMnist();
  const Outcome whole = Train({"--epochs", "2", "--seed", "5", "--save", Path("whole")});
  EXPECT_EQ(whole.code, 0) << whole.err;
  EXPECT_EQ(whole.err, "");
  EXPECT_TRUE(Has(whole.out, "400 to learn, 100 to test")) << whole.out;
  EXPECT_TRUE(Has(whole.out, "epoch 2: loss")) << whole.out;
  EXPECT_TRUE(Has(whole.out, "after step 14"));
  EXPECT_EQ(HashIn(whole.out).size(), 16u);
  EXPECT_TRUE(std::filesystem::exists(Path("whole.safetensors")));

  const Outcome part = Train({"--steps", "9", "--seed", "5", "--save", Path("part")});
  EXPECT_NE(HashIn(part.out), HashIn(whole.out));
  const Outcome rest = Train({"--epochs", "2", "--seed", "5", "--save", Path("part"), "--resume"});
  EXPECT_TRUE(Has(rest.out, "going on from step 9")) << rest.out << rest.err;
  EXPECT_EQ(HashIn(rest.out), HashIn(whole.out));
  for (const char* file :
       {".safetensors", ".checkpoint", ".json", "-curve.png", "-kernels.png", "-misread.png"}) {
    EXPECT_EQ(ReadFile(Path(std::string("part") + file)),
              ReadFile(Path(std::string("whole") + file)))
        << file;
  }

  const Outcome other = Train({"--seed", "6", "--save", Path("part"), "--resume"});
  EXPECT_EQ(other.code, 1);
  EXPECT_TRUE(Has(other.err, "its seed is 5, here it is 6")) << other.err;
}

TEST_F(TrainTool, SavesWhenItIsInterrupted) {
  WriteMnist();
  // What Ctrl-C does before the program hears it, and after the first.
  void (*const before)(int) = std::signal(SIGINT, SIG_IGN);
  std::atomic<bool> done = false;
  std::thread user([&] {
    while (!done) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      std::raise(SIGINT);
    }
  });
  const Outcome stopped = Train({"--epochs", "100000", "--save", Path("m")});
  done = true;
  user.join();
  std::signal(SIGINT, before);
  EXPECT_EQ(stopped.code, 1);
  const std::string done_steps = WordAfter("interrupted after step ", stopped.err);
  ASSERT_NE(done_steps, "") << stopped.err;
  EXPECT_TRUE(Has(stopped.err, "--resume goes on from " + Path("m.checkpoint")));
  const std::string steps = std::to_string(std::stoi(done_steps) + 3);
  const Outcome rest = Train({"--steps", steps, "--save", Path("m"), "--resume"});
  const Outcome whole = Train({"--steps", steps, "--save", Path("whole")});
  EXPECT_EQ(HashIn(rest.out), HashIn(whole.out));
}

TEST_F(TrainTool, DrawsWhatItHasDone) {
  WriteMnist();
  const Outcome o = Train({"--steps", "9", "--network", "resnet", "--save", Path("net")});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_TRUE(Has(o.out, "a small ResNet")) << o.out;
  const std::string misread = WordAfter("misread.png (", o.out);
  ASSERT_NE(misread, "") << o.out;
  const auto picture = [&](const std::string& name) {
    return DecodePng(ReadFile(Path("net-" + name + ".png")), name);
  };
  EXPECT_EQ(picture("curve").width, 640);
  EXPECT_EQ(picture("kernels").width, 60 + 16 * (3 * 12 + 8));
  EXPECT_EQ(picture("misread").height, 6 + std::max(std::stoi(misread) + 9, 10) / 10 * 78);
  // The other network's files do not fit.
  const Outcome other = Train({"--steps", "9", "--save", Path("net"), "--resume"});
  EXPECT_EQ(other.code, 1);
  EXPECT_TRUE(Has(other.err, "there is no \"0.weight\"")) << other.err;
  // A curve of an earlier step goes on from the checkpoint's; what is none is refused.
  const std::string json = ReadFile(Path("net.json"));
  Curve curve(7);
  curve.FromJson(json, "net.json", 8);
  EXPECT_EQ(curve.step(), 8);
  EXPECT_EQ(curve.train().size(), 8u);
  EXPECT_EQ(curve.test().size(), 1u);
  EXPECT_THROW(curve.FromJson(json.substr(1), "net.json", 8), std::runtime_error);
  EXPECT_THROW(curve.FromJson("{\"train\": []}", "net.json", 8), std::runtime_error);
}

TEST_F(TrainTool, VerifiesThreadsAndTargets) {
  WriteMnist();
  const Outcome o = Train({"--verify", "2", "--threads", "3"});
  EXPECT_EQ(o.code, 0) << o.out;
  EXPECT_TRUE(Has(o.out, " 1 thread ")) << o.out;
  EXPECT_TRUE(Has(o.out, " 3 threads ")) << o.out;
  EXPECT_TRUE(Has(o.out, "ok: 2 steps of LeNet-5 give the same bits")) << o.out;
}

// Digits are drawn and learnt by correctly rounded arithmetic alone: a hash for each class.
TEST_F(TrainTool, TwentyStepsGiveTheSameBitsOnEveryMachine) {
  for (const cpu::TargetInfo& target : cpu::Targets()) {
    if (!target.usable) continue;
    cpu::ForceTarget(target.name);
    const Outcome o = Call({"train", "mnist", "--steps", "20", "--save", Path("m")});
    cpu::ForceTarget("");
    EXPECT_EQ(HashIn(o.out), target.fused ? "03ebf95dd8263139" : "31dd24160d59c7cc") << target.name;
  }
}

TEST_F(TrainTool, DigitsAreDrawnToBeRead) {
  EXPECT_EQ(Call({"draw", "--digit", "10", Path("d.png")}).code, 2);
  ASSERT_EQ(Call({"draw", "--digit", "7", Path("d.png")}).code, 0);
  const Image image = DecodePng(ReadFile(Path("d.png")), "d.png");
  EXPECT_EQ(image.width, 224);
  EXPECT_EQ(image.channels, 1);
}

TEST_F(TrainTool, NamesFilesThatAreMissingOrDamaged) {
  Outcome o = Train({});
  EXPECT_EQ(o.code, 1);
  EXPECT_TRUE(Has(o.err, Path("train-images-idx3-ubyte"))) << o.err;
  WriteMnist();
  WriteFile(Path("t10k-images-idx3-ubyte.gz"), "no gzip");
  o = Train({});
  EXPECT_EQ(o.code, 1);
  EXPECT_TRUE(Has(o.err, "t10k-images-idx3-ubyte.gz: is damaged")) << o.err;
  EXPECT_EQ(Call({"train", "cifar"}).code, 2);
  EXPECT_EQ(Call({"train"}).code, 2);
  EXPECT_EQ(Call({"predict", "--weights", Path("none"), Path("x.png")}).code, 1);
}

TEST(Gunzip, UnpacksWhatIsWhole) {
  std::string bytes;
  for (int64_t i = 0; i < 300'000; ++i) bytes += static_cast<char>(i * i % 251);
  const std::string packed = Gzipped(bytes);
  EXPECT_EQ(Gunzip(packed, "f"), bytes);
  const auto error = [](const std::string& p) {
    try {
      Gunzip(p, "f");
    } catch (const std::runtime_error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_EQ(error(""), "f: is cut short");
  EXPECT_EQ(error(packed.substr(0, packed.size() - 1)), "f: is cut short");
  EXPECT_EQ(error(packed + "x"), "f: there is more after its end");
  std::string damaged = packed;
  damaged[damaged.size() / 2] ^= 1;
  EXPECT_EQ(error(damaged), "f: is damaged");
}

// Thousands of compressed files that differ from a good one in a few bytes or are cut: each is what
// it was, or refused by name.
TEST(Gunzip, RefusesMutants) {
  std::string bytes;
  for (int i = 0; i < 3000; ++i) bytes += static_cast<char>(i * i % 251);
  const std::string packed = Gzipped(bytes);
  const train::Random random(7, 0);
  int read = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string mutant = packed;
    const auto at = static_cast<size_t>(random.At(i).Bits(0) % mutant.size());
    switch (random.At(i).Bits(1) % 3) {
      case 0:
        mutant[at] = static_cast<char>(random.At(i).Bits(2));
        break;
      case 1:
        mutant.erase(at, 1 + random.At(i).Bits(2) % 9);
        break;
      default:
        mutant.resize(at);
    }
    try {
      ASSERT_EQ(Gunzip(mutant, "file"), bytes) << i;  // what does not matter, such as a date
      ++read;
    } catch (const std::runtime_error& e) {
      ASSERT_EQ(std::string(e.what()).rfind("file: ", 0), 0u) << e.what();
    }
  }
  EXPECT_LT(read, 500);
}

// A network that has learnt the program's own digits reads others of them, as pictures too.
TEST_F(TrainTool, ReadsDigits) {
  train::Dataset data = DrawDigits(3000, 1), others = DrawDigits(200, 2);
  for (train::Dataset* d : {&data, &others}) d->mean = kMnistMean, d->std = kMnistStd;
  train::Model model(Network("lenet"), data.image, {.seed = 1});
  train::SGD sgd(model, {.lr = 0.05, .momentum = 0.9});
  train::Trainer trainer(model, sgd, data, {.batch_size = 50});
  while (trainer.step() < 3 * trainer.steps_per_epoch()) trainer.Step();
  EXPECT_GT(train::Evaluate(model, others).accuracy(), 0.95);
  train::SaveWeights(model, Path("w"));

  int right = 0;
  for (int64_t i = 0; i < 20; ++i) {
    const uint8_t* const pixels = others.pixels.data() + i * kMnistSide * kMnistSide;
    WriteFile(Path("small.png"), EncodePng(Picture(pixels, 1, false)));
    WriteFile(Path("large.png"), EncodePng(Picture(pixels, 7, true)));
    const Outcome o =
        Call({"predict", "--weights", Path("w"), Path("small.png"), Path("large.png")});
    EXPECT_EQ(o.code, 0) << o.err;
    const Outcome json =
        Call({"predict", "--weights", Path("w"), "--json", "-", Path("small.png")});
    EXPECT_TRUE(Has(json.out, "\"logits\": [")) << json.out;
    const std::string digit = ".png: " + std::to_string(i % 10) + " (";
    const size_t first = o.out.find(digit);
    right += first != std::string::npos && o.out.find(digit, first + 1) != std::string::npos;
  }
  EXPECT_GE(right, 17);
}

TEST(Digits, AreTheSameOnEveryMachine) {
  const train::Dataset data = DrawDigits(30, 1);
  uint64_t hash = 0xCBF29CE484222325u;
  for (const uint8_t v : data.pixels) hash = (hash ^ v) * 0x100000001B3u;
  EXPECT_EQ(hash, 6348687184327191908u);
  EXPECT_NE(DrawDigits(30, 2).pixels, data.pixels);
}

TEST(DemoLearn, PrintsLossesBesideTheRecordedOnes) {
  const Outcome o = Call({"demo", "learn"});
  EXPECT_EQ(o.code, 0) << o.out;
  EXPECT_TRUE(Has(o.out, "E14 learning a kernel"));
  EXPECT_TRUE(Has(o.out, "E17"));
  EXPECT_FALSE(Has(o.out, "E13"));
}

}  // namespace
}  // namespace windrow::tool
