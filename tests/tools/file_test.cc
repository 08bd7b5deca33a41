// Files that are read and written: links, long names, what may not be written, pipes.
#include "tools/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>

#include "tests/support/standard_stream.h"
#include "tests/tools/tool_folder.h"

namespace windrow::tool {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kSomebody = 65534;

// Somebody who may not do everything, whoever runs the test, and whose folder this is.
class AsSomebody {
 public:
  explicit AsSomebody(const fs::path& folder) : root_(geteuid() == 0) {
    if (!root_) return;
    EXPECT_EQ(chown(folder.c_str(), kSomebody, kSomebody), 0);
    EXPECT_EQ(setegid(kSomebody), 0);
    EXPECT_EQ(seteuid(kSomebody), 0);
  }
  ~AsSomebody() {
    if (!root_) return;
    EXPECT_EQ(seteuid(0), 0);
    EXPECT_EQ(setegid(0), 0);
  }
  AsSomebody(const AsSomebody&) = delete;
  AsSomebody& operator=(const AsSomebody&) = delete;

 private:
  const bool root_;
};

std::string WriteError(const std::string& path) {
  try {
    WriteFile(path, "new");
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "";
}

struct stat StatusOf(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
  return status;
}

class FileTest : public FolderTest {
 protected:
  ~FileTest() override { chmod(folder_.c_str(), 0755); }
};

TEST_F(FileTest, WritingReplacesTheFileBehindALink) {
  WriteFile(Path("real"), "old");
  ASSERT_EQ(chmod(Path("real").c_str(), 0640), 0);
  fs::create_symlink("real", folder_ / "link");
  WriteFile(Path("link"), "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(ReadFile(Path("real")), "new");
  EXPECT_EQ(fs::status(folder_ / "real").permissions(), fs::perms{0640});
  EXPECT_EQ(FileCount(), 2u);
}

// As a shell's redirection does.
TEST_F(FileTest, WritingMakesTheFileThatALinkLeadsTo) {
  fs::create_directory(folder_ / "folder");
  fs::create_symlink("folder/second", folder_ / "first");
  fs::create_symlink("../real", folder_ / "folder" / "second");
  WriteFile(Path("first"), "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "first"));
  EXPECT_TRUE(fs::is_symlink(folder_ / "folder" / "second"));
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(folder_ / "real")));
  EXPECT_EQ(ReadFile(Path("real")), "new");
  fs::create_symlink("no_folder/real", folder_ / "astray");
  EXPECT_NE(WriteError(Path("astray")), "");
  EXPECT_TRUE(fs::is_symlink(folder_ / "astray"));
  fs::create_symlink("round", folder_ / "round");
  EXPECT_NE(WriteError(Path("round")), "");
}

TEST_F(FileTest, NamesMayBeAsLongAsTheyCanBe) {
  for (const size_t length : {248, 249, 254, 255}) {
    const std::string name(length, 'n');
    WriteFile(Path(name), "old");
    WriteFile(Path(name), "new");
    EXPECT_EQ(ReadFile(Path(name)), "new");
  }
  EXPECT_EQ(FileCount(), 4u);
  EXPECT_NE(WriteError(Path(std::string(256, 'n'))), "");
  EXPECT_EQ(FileCount(), 4u);
}

TEST_F(FileTest, WhatMayNotBeWrittenStays) {
  WriteFile(Path("real"), "old");
  ASSERT_EQ(chmod(Path("real").c_str(), 0444), 0);
  const AsSomebody somebody(folder_);
  const std::string error = WriteError(Path("real"));
  EXPECT_TRUE(error.find("real: Permission denied") != std::string::npos) << error;
  EXPECT_EQ(ReadFile(Path("real")), "old");
  EXPECT_EQ(FileCount(), 1u);
}

TEST_F(FileTest, AFolderThatTakesNoNewFilesMayHoldOneToWriteTo) {
  WriteFile(Path("real"), "old, and longer than the new one");
  ASSERT_EQ(chmod(Path("real").c_str(), 0666), 0);
  ASSERT_EQ(chmod(folder_.c_str(), 0555), 0);
  const AsSomebody somebody(folder_);
  EXPECT_EQ(WriteError(Path("real")), "");
  EXPECT_EQ(ReadFile(Path("real")), "new");
  const std::string error = WriteError(Path("other"));
  EXPECT_TRUE(error.find("other: Permission denied") != std::string::npos) << error;
  EXPECT_EQ(FileCount(), 1u);
}

TEST_F(FileTest, OwnersAndFurtherNamesStay) {
  WriteFile(Path("real"), "old");
  ASSERT_EQ(chmod(Path("real").c_str(), 0666), 0);
  fs::create_hard_link(Path("real"), Path("name"));
  WriteFile(Path("name"), "new");
  EXPECT_EQ(ReadFile(Path("real")), "new");
  fs::remove(Path("name"));
  const uid_t owner = StatusOf(Path("real")).st_uid;
  {
    const AsSomebody somebody(folder_);
    WriteFile(Path("real"), "somebody's");
  }
  EXPECT_EQ(ReadFile(Path("real")), "somebody's");
  EXPECT_EQ(StatusOf(Path("real")).st_uid, owner);
  if (geteuid() != 0) return;
  ASSERT_EQ(chown(Path("real").c_str(), kSomebody, kSomebody), 0);
  WriteFile(Path("real"), "root's");
  EXPECT_EQ(StatusOf(Path("real")).st_uid, kSomebody);
}

TEST_F(FileTest, DevicesAndFoldersStayWhatTheyAre) {
  WriteFile("/dev/null", "gone");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  const std::string full = WriteError("/dev/full");
  EXPECT_TRUE(full.find("/dev/full: No space left") != std::string::npos) << full;
  EXPECT_NE(WriteError(folder_), "");
  EXPECT_NE(WriteError(""), "");
}

TEST_F(FileTest, AMinusSignIsStandardInputAndOutput) {
  const Image image = TestImage(5, 4, 3, 8);
  Save(image);
  const StandardStream in(STDIN_FILENO, open(Path("in.png").c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(Filter({"--kernel", "identity"}, "-", "-"), 0) << err_;
  EXPECT_EQ(DecodePng(out_, "it"), image);
  EXPECT_EQ(FileCount(), 1u);
  EXPECT_EQ(Filter({"--kernel", "identity"}, "-", "-"), 1) << "at its end by now";
  EXPECT_TRUE(err_.find("standard input is not a readable PNG") != std::string::npos) << err_;
  EXPECT_EQ(Filter({"--kernel", "identity", "--digest"}, "in.png", "-"), 2);
  EXPECT_EQ(out_, "");
}

}  // namespace
}  // namespace windrow::tool
