#include "lib/train/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "lib/base/error.h"
#include "lib/train/json_reader.h"

namespace windrow::internal {
namespace {

constexpr size_t kLength = 8;

[[noreturn]] void Fail(const std::string& file, const std::string& what) {
  throw std::runtime_error(StrCat(file, ": ", what));
}

uint64_t BytesOf(const std::string& dtype) {
  static const std::map<std::string_view, uint64_t> kBytes = {
      {"F64", 8},  {"I64", 8}, {"U64", 8}, {"F32", 4}, {"I32", 4}, {"U32", 4}, {"F16", 2},
      {"BF16", 2}, {"I16", 2}, {"U16", 2}, {"I8", 1},  {"U8", 1},  {"BOOL", 1}};
  const auto found = kBytes.find(dtype);
  return found == kBytes.end() ? 0 : found->second;
}

struct Entry {
  StoredTensor tensor{};
  std::vector<int64_t> offsets{};
};

Entry ReadEntry(JsonReader& json, const std::string& name) {
  Entry e;
  int members = 0;
  json.Object([&](const std::string& key) {
    ++members;
    if (key == "dtype" && e.tensor.dtype.empty()) {
      e.tensor.dtype = json.String();
    } else if (key == "shape") {
      e.tensor.shape = json.Numbers();
    } else if (key == "data_offsets" && e.offsets.empty()) {
      e.offsets = json.Numbers();
    } else {
      json.Fail(StrCat("tensor \"", name, "\" has a second or unknown \"", key, '"'));
    }
  });
  if (members != 3)
    json.Fail(StrCat("tensor \"", name, "\" has not dtype, shape and data_offsets"));
  return e;
}

// The bytes of a tensor, which must be as many as its type and shape have.
std::string_view DataOf(const Entry& e, std::string_view data, const std::string& name,
                        const std::string& file) {
  const auto fail = [&](const std::string& what) {
    Fail(file, StrCat("tensor \"", name, "\" ", what));
  };
  if (e.offsets.size() != 2 || e.offsets[0] > e.offsets[1] ||
      static_cast<uint64_t>(e.offsets[1]) > data.size()) {
    fail(StrCat("reaches outside the ", data.size(), " bytes of data"));
  }
  uint64_t expected = BytesOf(e.tensor.dtype);
  if (expected == 0) fail(StrCat("has the unknown dtype \"", e.tensor.dtype, '"'));
  for (const int64_t extent : e.tensor.shape) {
    if (__builtin_mul_overflow(expected, static_cast<uint64_t>(extent), &expected)) {
      fail("has a shape that does not fit 64 bits");
    }
  }
  const auto bytes = static_cast<uint64_t>(e.offsets[1] - e.offsets[0]);
  if (bytes != expected) fail(StrCat("has ", bytes, " bytes, its shape has ", expected));
  return data.substr(static_cast<size_t>(e.offsets[0]), static_cast<size_t>(bytes));
}

// The tensors' parts of the data lie one after the other.
void CheckOrder(const TensorFile& f, std::string_view data, const std::string& file) {
  std::vector<std::string_view> parts;
  for (const auto& [name, t] : f.tensors) parts.push_back(t.bytes);
  std::sort(parts.begin(), parts.end(), [](std::string_view a, std::string_view b) {
    return std::pair(a.data(), a.size()) < std::pair(b.data(), b.size());
  });
  const char* end = data.data();
  for (const std::string_view part : parts) {
    if (part.data() != end) Fail(file, "its tensors overlap or leave a gap");
    end += part.size();
  }
  const auto left = static_cast<size_t>(data.data() + data.size() - end);
  if (left != 0) Fail(file, StrCat(left, " bytes of data belong to no tensor"));
}

void AppendString(std::string_view value, std::string& to) {
  to += '"';
  for (const char c : value) {
    if (static_cast<unsigned char>(c) < 0x20) {
      constexpr char kDigits[] = "0123456789abcdef";
      to += {'\\', 'u', '0', '0', kDigits[c >> 4], kDigits[c & 15]};
    } else {
      if (c == '"' || c == '\\') to += '\\';
      to += c;
    }
  }
  to += '"';
}

}  // namespace

TensorFile ParseSafetensors(std::string_view bytes, const std::string& file) {
  if (bytes.size() < kLength) Fail(file, StrCat("is too short: it has ", bytes.size(), " bytes"));
  uint64_t length = 0;
  for (size_t i = kLength; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes[i]);
  if (length > bytes.size() - kLength) {
    Fail(file, StrCat("is cut short, or is no safetensors file: it has ", bytes.size(),
                      " bytes, its header alone would have ", length));
  }
  const std::string_view header = bytes.substr(kLength, static_cast<size_t>(length));
  const std::string_view data = bytes.substr(kLength + header.size());
  TensorFile f;
  JsonReader json(header, file);
  json.Object([&](const std::string& name) {
    if (name == "__metadata__") {
      json.Object([&](const std::string& key) { f.metadata.insert_or_assign(key, json.String()); });
      return;
    }
    Entry e = ReadEntry(json, name);
    e.tensor.bytes = DataOf(e, data, name, file);
    if (!f.tensors.emplace(name, std::move(e.tensor)).second) {
      json.Fail(StrCat("there is a second tensor \"", name, '"'));
    }
  });
  json.End();
  CheckOrder(f, data, file);
  return f;
}

std::string ToSafetensors(std::span<const NamedTensor> tensors,
                          const std::map<std::string, std::string>& metadata) {
  std::string header = "{\"__metadata__\":{";
  bool first = true;
  for (const auto& [key, value] : metadata) {
    if (!std::exchange(first, false)) header += ',';
    AppendString(key, header);
    header += ':';
    AppendString(value, header);
  }
  header += '}';
  int64_t end = 0;
  for (const NamedTensor& t : tensors) {
    header += ',';
    AppendString(t.name, header);
    header += ":{\"dtype\":\"F32\",\"shape\":[";
    for (size_t i = 0; i < t.shape.size(); ++i) header += StrCat(i == 0 ? "" : ",", t.shape[i]);
    const int64_t begin = std::exchange(end, end + t.tensor->shape().elements() * 4);
    header += StrCat("],\"data_offsets\":[", begin, ',', end, "]}");
  }
  header += '}';
  header.resize((header.size() + 7) / 8 * 8, ' ');  // so that the data are aligned
  std::string file;
  file.reserve(kLength + header.size() + static_cast<size_t>(end));
  for (size_t i = 0; i < kLength; ++i) file += static_cast<char>(header.size() >> 8 * i & 255);
  file += header;
  for (const NamedTensor& t : tensors) {
    for (int64_t i = 0; i < t.tensor->shape().elements(); ++i) {
      const auto bits = std::bit_cast<uint32_t>(t.tensor->data()[i]);
      for (int shift = 0; shift < 32; shift += 8) file += static_cast<char>(bits >> shift & 255);
    }
  }
  return file;
}

void CopyFloats(std::string_view bytes, float* to) {
  for (size_t i = 0; i + 4 <= bytes.size(); i += 4) {
    uint32_t bits = 0;
    for (size_t b = 4; b-- > 0;) bits = bits << 8 | static_cast<unsigned char>(bytes[i + b]);
    const float value = std::bit_cast<float>(bits);
    std::memcpy(to++, &value, sizeof(value));
  }
}

}  // namespace windrow::internal
