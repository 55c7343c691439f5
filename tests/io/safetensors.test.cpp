// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/io/safetensors.hpp>

#include "scratch.hpp"

#if defined(TOMOEDX_JSON)

#include "../fuzz/safetensors.hpp"

#include <cmath>
#include <limits>
#include <span>
#include <utility>

namespace io = tomoedx::io;
using scratch::bytes_of;
using scratch::complaint;
using scratch::contains;
using shape = std::vector<std::size_t>;

namespace {

// A file put together here, byte by byte. The header is not padded.
std::string file_of(std::string const& header, std::string const& data) {
  return bytes_of(std::uint64_t(header.size()), std::endian::little) + header + data;
}

std::string entry(std::string const& name, std::string const& dtype, std::string const& dims,
                  std::size_t begin, std::size_t end) {
  return fmt::format(R"("{}":{{"dtype":"{}","shape":{},"data_offsets":[{},{}]}})", name, dtype, dims, begin,
                     end);
}

template <class T>
std::string row(std::vector<T> const& values) {
  std::string out;
  for (T const v : values) out += bytes_of(v, std::endian::little);
  return out;
}

io::named_tensors parsed(std::string const& bytes) {
  return io::read_safetensors(std::as_bytes(std::span(bytes)), "w.safetensors");
}

// What reading says, which has to be the same from memory and from a file, read wholly or only looked at.
std::string refusal(std::string const& bytes) {
  scratch::folder const f;
  scratch::save(f / "w.safetensors", bytes);
  auto const text = complaint([&] { parsed(bytes); });
  auto from_file = complaint([&] { io::read_safetensors(f / "w.safetensors"); });
  auto const at = from_file.find(f.path().string());
  if (at != from_file.npos) from_file.erase(at, f.path().string().size() + 1);
  CHECK(text == from_file);
  CHECK(!complaint([&] { io::inspect_safetensors(f / "w.safetensors"); }).empty());
  CHECK(!contains(text, "\n"));
  CHECK(text.starts_with("w.safetensors: "));
  return text;
}

std::string refused(std::string const& header, std::string const& data = "") {
  return refusal(file_of(header, data));
}

std::string const two_floats = row<float>({1.5f, -2.0f});

}  // namespace

TEST_CASE("a file made by hand is read, and written again as the same bytes") {
  // Names in order, the double ones first in the data, spaces up to a multiple of 8.
  std::string header = R"({"__metadata__":{"arch":"unet","licence":"CC0 \"1.0\""},)"
                       R"("a.bias":{"dtype":"F32","shape":[2],"data_offsets":[16,24]},)"
                       R"("b":{"dtype":"F64","shape":[1,2,1],"data_offsets":[0,16]},)"
                       R"("scalar":{"dtype":"F32","shape":[],"data_offsets":[24,28]}})";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  auto const bytes =
      file_of(header, row<double>({0.1, -1e300}) + row<float>({1.5f, -2.0f}) + row<float>({7.0f}));

  auto const all = parsed(bytes);
  CHECK(all.metadata == std::map<std::string, std::string>{{"arch", "unet"}, {"licence", "CC0 \"1.0\""}});
  REQUIRE(all.tensors.size() == 3);
  CHECK(all.tensors.at("a.bias") == io::tensor({2}, std::vector<float>{1.5f, -2.0f}));
  CHECK(all.tensors.at("b") == io::tensor({1, 2, 1}, std::vector<double>{0.1, -1e300}));
  CHECK(all.tensors.at("scalar") == io::tensor({}, std::vector<float>{7.0f}));

  scratch::folder const f;
  scratch::save(f / "by_hand.safetensors", bytes);
  CHECK(io::read_safetensors(f / "by_hand.safetensors").tensors == all.tensors);
  io::write_safetensors(f / "written.safetensors", all);
  CHECK(scratch::load(f / "written.safetensors") == bytes);
}

TEST_CASE("what is written is read back bit for bit") {
  scratch::folder const f;
  io::named_tensors all;
  using small = std::numeric_limits<float>;
  using large = std::numeric_limits<double>;
  all.tensors["float"] =
      io::tensor({2, 3}, std::vector<float>{small::max(), small::lowest(), small::denorm_min(), -0.0f,
                                            small::infinity(), 1.0f / 3});
  all.tensors["double"] = io::tensor({3}, std::vector<double>{large::denorm_min(), -large::max(), 1.0 / 3});
  all.tensors["none"] = io::tensor({4, 0, 2}, std::vector<float>{});
  all.tensors["no doubles"] = io::tensor({0}, std::vector<double>{});
  all.tensors[""] = io::tensor({}, std::vector<double>{4});
  all.tensors["\xce\xb1 \"\\\n\x01/"] = io::tensor({1}, std::vector<float>{5});
  all.metadata = {{"", ""}, {"source", "line one\nline two \xe2\x82\xac"}, {"frames", "5"}};
  io::write_safetensors(f / "w.safetensors", all);
  auto const back = io::read_safetensors(f / "w.safetensors");
  CHECK(back.tensors == all.tensors);
  CHECK(std::signbit(back.tensors.at("float")[3]));
  CHECK(back.metadata == all.metadata);

  io::write_safetensors(f / "w.safetensors", {});  // replaces the older file
  CHECK(scratch::load(f / "w.safetensors") == file_of("{}      ", ""));
  CHECK(io::read_safetensors(f / "w.safetensors").tensors.empty());
  CHECK(f.names() == std::vector<std::string>{"w.safetensors"});
}

TEST_CASE("a look at a file tells names, types, shapes and metadata without its values") {
  scratch::folder const f;
  auto const header = "{" + entry("w", "BF16", "[3, 1, 2]", 0, 12) + R"(,"__metadata__":{"arch":"udvd"},)" +
                      entry("steps", "I64", "[]", 12, 20) + "}";
  scratch::save(f / "w.safetensors", file_of(header, std::string(20, '\x7f')));
  auto const what = io::inspect_safetensors(f / "w.safetensors");
  REQUIRE(what.tensors.size() == 2);
  CHECK(what.tensors.at("w").dtype == "BF16");
  CHECK(what.tensors.at("w").shape == shape{3, 1, 2});
  CHECK(what.tensors.at("w").bytes == 12);
  CHECK(what.tensors.at("steps").dtype == "I64");
  CHECK(what.tensors.at("steps").shape.empty());
  CHECK(what.metadata == std::map<std::string, std::string>{{"arch", "udvd"}});
}

TEST_CASE("numbers of every type are kept exactly, in the precision that holds them") {
  auto const one = [](std::string const& dtype, std::string const& data, std::size_t n) {
    return parsed(file_of("{" + entry("w", dtype, fmt::format("[{}]", n), 0, data.size()) + "}", data))
        .tensors.at("w");
  };
  auto const all_of = []<class T>(T) {
    return std::vector<T>{std::numeric_limits<T>::min(), 0, 3, std::numeric_limits<T>::max()};
  };
  auto const check = [&]<class T>(std::string const& dtype, T) {
    auto const values = all_of(T{});
    auto const t = one(dtype, row(values), 4);
    CHECK(t.is_double() == (sizeof(T) > 2));
    for (std::size_t i = 0; i < 4; ++i) CHECK(t[i] == double(values[i]));
  };
  check("I8", std::int8_t{});
  check("U8", std::uint8_t{});
  check("I16", std::int16_t{});
  check("U16", std::uint16_t{});
  check("I32", std::int32_t{});
  check("U32", std::uint32_t{});

  std::int64_t const edge = std::int64_t(1) << 53;
  auto const wide = one("I64", row<std::int64_t>({edge, -edge, 0, 12345}), 4);
  CHECK(wide == io::tensor({4}, std::vector<double>{0x1p53, -0x1p53, 0, 12345}));
  CHECK(one("U64", row<std::uint64_t>({std::uint64_t(edge), 1}), 2) ==
        io::tensor({2}, std::vector<double>{0x1p53, 1}));
  CHECK(one("BOOL", {'\1', '\0', '\1'}, 3) == io::tensor({3}, std::vector<float>{1, 0, 1}));

  // 1, -2, largest, smallest normal, smallest, infinity
  auto const h = one("F16", row<std::uint16_t>({0x3C00, 0xC000, 0x7BFF, 0x0400, 0x0001, 0x7C00}), 6);
  CHECK(h == io::tensor({6}, std::vector<float>{1, -2, 65504, 0x1p-14f, 0x1p-24f, INFINITY}));
  auto const b = one("BF16", row<std::uint16_t>({0x3F80, 0xC000, 0x7F7F, 0x0080, 0x0001, 0xFF80, 0x3EAB}), 7);
  CHECK(b == io::tensor(
                 {7}, std::vector<float>{1, -2, 0x1.FEp127f, 0x1p-126f, 0x1p-133f, -INFINITY, 0.333984375f}));
  auto const nan = one("BF16", row<std::uint16_t>({0x7FC1}), 1);
  CHECK(std::isnan(nan[0]));
}

TEST_CASE("a tensor longer than the piece it is converted in is read whole") {
  std::size_t const n = (std::size_t(1) << 18) + 77;  // 512 KiB and a bit of half precision
  std::vector<std::uint16_t> bits(n);
  for (std::size_t i = 0; i < n; ++i) bits[i] = std::uint16_t(i % 0x7C00);
  auto const bytes = file_of("{" + entry("w", "F16", fmt::format("[{}]", n), 0, 2 * n) + "}", row(bits));
  scratch::folder const f;
  scratch::save(f / "w.safetensors", bytes);
  auto const t = io::read_safetensors(f / "w.safetensors").tensors.at("w");
  CHECK(t == parsed(bytes).tensors.at("w"));
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < n; ++i)
    wrong += t[i] != double(io::detail::to_float(io::detail::half{bits[i]}));
  CHECK(wrong == 0);
}

TEST_CASE("tensors may lie in any order, be empty and share names with nothing") {
  auto const header = "  {" + entry("z", "F32", "[1]", 0, 4) + "," + entry("a", "F32", "[1]", 4, 8) + " , " +
                      entry("e1", "F64", "[0]", 4, 4) + "," + entry("e2", "F16", "[5,0]", 8, 8) + "} \n\t";
  auto const all = parsed(file_of(header.substr(2), two_floats));
  CHECK(all.tensors.at("z")[0] == 1.5);
  CHECK(all.tensors.at("a")[0] == -2.0);
  CHECK(all.tensors.at("e1").shape() == shape{0});
  CHECK(all.tensors.at("e1").is_double());
  CHECK(all.tensors.at("e2").shape() == shape{5, 0});
  CHECK(contains(refused(header, two_floats), "begins with ' ', '{' is wanted"));
}

TEST_CASE("lengths that do not fit the file are refused with both numbers") {
  scratch::folder const f;
  scratch::save(f / "w", "");
  CHECK(contains(complaint([&] { io::read_safetensors(f / "w"); }), "is empty (0 bytes)"));
  CHECK(contains(complaint([&] { io::read_safetensors(f / "none"); }), "there is no such file"));
  CHECK(contains(refusal("1234567"), "7 bytes are too few"));
  CHECK(contains(complaint([] { parsed(""); }), "0 bytes are too few"));
  CHECK(contains(refusal(bytes_of(std::uint64_t(3), std::endian::little) + "{}"),
                 "its header should have 3 bytes, the file has 10"));
  CHECK(contains(refusal(bytes_of(~std::uint64_t(0), std::endian::little) + "{}"),
                 "its header should have 18446744073709551615 bytes, the file has 10"));
  CHECK(contains(refusal(bytes_of(~std::uint64_t(0) - 7, std::endian::little) + "{}"),
                 "18446744073709551608 bytes"));
  CHECK(contains(refusal(bytes_of(std::uint64_t(2), std::endian::big) + "{}"), "144115188075855872 bytes"));
  CHECK(contains(refused(""), "begins with '', '{' is wanted"));
  CHECK(contains(refusal("\x80\x02}q\x01(U\x05steps"), "not a safetensors file"));  // a pickle

  std::string large = bytes_of(std::uint64_t(100'000'001), std::endian::little);
  scratch::save(f / "large", large);
  std::filesystem::resize_file(f / "large", 100'000'009);
  CHECK(contains(complaint([&] { io::read_safetensors(f / "large"); }),
                 "its header should have 100000001 bytes, 100000000 are allowed"));
}

TEST_CASE("offsets and shapes that do not fit are refused with the tensor and both numbers") {
  auto const w = [](std::string const& dtype, std::string const& dims, std::size_t begin, std::size_t end) {
    return refused("{" + entry("conv.weight", dtype, dims, begin, end) + "}", two_floats);
  };
  CHECK(contains(w("F32", "[2]", 0, 12), "'conv.weight' lies at bytes 0 to 12, there are 8 bytes of data"));
  CHECK(contains(w("F32", "[0]", 9, 9), "lies at bytes 9 to 9, there are 8"));
  CHECK(contains(w("F32", "[2]", 8, 0), "lies at bytes 8 to 0"));
  CHECK(contains(w("F32", "[2]", 18446744073709551608u, 8), "lies at bytes 18446744073709551608 to 8"));
  CHECK(contains(w("F32", "[3]", 0, 8),
                 "'conv.weight' of shape 3 F32 needs 12 bytes, its data_offsets 0 and 8 leave 8"));
  CHECK(contains(w("F32", "[1, 1]", 0, 8), "of shape 1 x 1 F32 needs 4 bytes"));
  CHECK(contains(w("F64", "[2]", 0, 8), "of shape 2 F64 needs 16 bytes"));
  CHECK(contains(w("F32", "[]", 0, 8), "of shape one number F32 needs 4 bytes"));
  CHECK(contains(w("F32", "[0, 2]", 0, 8), "of shape 0 x 2 F32 needs 0 bytes"));
  // products that come out as 8 bytes modulo 2^64
  CHECK(contains(w("F32", "[4294967296, 4294967296, 2]", 0, 8), "larger than memory can be"));
  CHECK(contains(w("F32", "[9223372036854775809, 2]", 0, 8), "larger than memory can be"));
  CHECK(contains(w("F64", "[2305843009213693953]", 0, 8), "larger than memory can be"));
  CHECK(contains(w("F32", "[0, 18446744073709551615]", 0, 0), "larger than memory can be"));
  CHECK(contains(w("F32", "[" + std::string(128, '1').replace(1, 0, "") + "]", 0, 8), "holds 1111"));
  std::string many = "[1";
  for (int i = 1; i < 65; ++i) many += ",1";
  CHECK(contains(w("F32", many + "]", 0, 8), "has more than 64 numbers in its shape"));
  CHECK(contains(w("F32", many.substr(0, many.size() - 2) + "]", 0, 8), "needs 4 bytes"));
}

TEST_CASE("holes, overlap and data of no tensor are refused") {
  auto const pair = [](std::size_t b1, std::size_t e1, std::size_t b2, std::size_t e2, std::size_t data) {
    auto const dims = [](std::size_t b, std::size_t e) { return fmt::format("[{}]", (e - b) / 4); };
    return refused(
        "{" + entry("a", "F32", dims(b1, e1), b1, e1) + "," + entry("b", "F32", dims(b2, e2), b2, e2) + "}",
        std::string(data, '\0'));
  };
  CHECK(contains(pair(0, 4, 8, 12, 12), "bytes 4 to 8 before tensor 'b' belong to no tensor"));
  CHECK(contains(pair(4, 8, 8, 12, 12), "bytes 0 to 4 before tensor 'a'"));
  CHECK(contains(pair(0, 8, 4, 12, 12), "tensor 'b' begins at byte 4, the one before it ends at 8"));
  CHECK(contains(pair(0, 8, 0, 8, 8), "tensor 'b' begins at byte 0, the one before it ends at 8"));
  CHECK(contains(pair(0, 8, 4, 4, 8), "tensor 'b' begins at byte 4, the one before it ends at 8"));
  CHECK(contains(pair(8, 12, 0, 8, 16), "the tensors fill 12 bytes, the file has 16"));
  CHECK(contains(refused("{}", "x"), "the tensors fill 0 bytes, the file has 1"));
}

TEST_CASE("types we do not read are refused by name") {
  for (std::string const dtype : {"F8_E4M3", "F8_E5M2", "C64", "F4", "f32", "", "F32 "})
    CHECK(contains(refused("{" + entry("w", dtype, "[8]", 0, 8) + "}", two_floats),
                   fmt::format("tensor 'w' has the dtype '{}'; we read BOOL U8", dtype)));
}

TEST_CASE("whole numbers that no double holds, and truth values beyond 1, are refused with their place") {
  auto const one = [](std::string const& dtype, std::string const& data) {
    return complaint([&] {
      parsed(file_of("{" +
                         entry("w", dtype, fmt::format("[{}]", data.size() / (dtype == "BOOL" ? 1 : 8)), 0,
                               data.size()) +
                         "}",
                     data));
    });
  };
  std::int64_t const edge = std::int64_t(1) << 53;
  CHECK(contains(one("I64", row<std::int64_t>({0, edge + 1})),
                 "value 1 of tensor 'w' is 9007199254740993, beyond 2^53"));
  CHECK(contains(one("I64", row<std::int64_t>({-edge - 1})), "value 0 of tensor 'w' is -9007199254740993"));
  CHECK(contains(one("I64", row<std::int64_t>({std::numeric_limits<std::int64_t>::min()})),
                 "is -9223372036854775808"));
  CHECK(contains(one("U64", row<std::uint64_t>({~std::uint64_t(0)})), "is 18446744073709551615"));
  CHECK(contains(one("BOOL", {'\0', '\2'}), "value 1 of tensor 'w' (BOOL) is 2, 0 or 1 is wanted"));
}

TEST_CASE("a header that is not JSON is refused with its place") {
  auto const whole = "{" + entry("w", "F32", "[2]", 0, 8) + "}";
  for (std::size_t cut = 1; cut < whole.size(); ++cut)
    CHECK(contains(refused(whole.substr(0, cut), two_floats),
                   fmt::format("the header cannot be read as JSON at its byte {} of {}, after '", cut, cut)));
  CHECK(contains(refused(whole + "}", two_floats),
                 fmt::format("as JSON at its byte {} of {}", whole.size() + 1, whole.size() + 1)));
  CHECK(contains(refused(whole + whole, two_floats), "as JSON"));
  CHECK(contains(refused(whole + "// comment", two_floats), "as JSON"));
  CHECK(contains(refused("{,}"), "as JSON"));
  CHECK(contains(refused("{'w':{}}"), "as JSON"));
  CHECK(contains(refused(R"({"w":{"dtype":NaN}})"), "as JSON"));
  CHECK(contains(refused(R"({"w":{"shape":[1,]}})"), "as JSON"));
  CHECK(contains(refused(R"({"w":{"shape":[01]}})"), "as JSON"));
  CHECK(contains(refused(R"({"w":{"shape":[1e999]}})"), "as JSON"));
  CHECK(contains(refused("[]"), "begins with '[', '{' is wanted"));
  CHECK(contains(refused("\xef\xbb\xbf{}"), "begins with '\\xef'"));
}

TEST_CASE("bytes that are no text are refused: zeros, control characters, broken UTF-8") {
  // The JSON parser takes a zero byte for the end and would not look at what follows.
  CHECK(contains(refused(std::string("{}\0{", 4)), "byte 2 of its header is 0"));
  CHECK(contains(refused("{\"a\nb\":{}}"), "as JSON"));
  for (std::string const bad :
       {"\x80", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "\xe2\x82"}) {
    CHECK(contains(refused(fmt::format(R"({{"__metadata__":{{"a":"{}"}}}})", bad)), "as JSON"));
    CHECK(contains(refused(fmt::format(R"({{"{}":{{}}}})", bad)), "as JSON"));
  }
  CHECK(contains(refused(R"({"__metadata__":{"a":"\ud800"}})"), "as JSON"));
  CHECK(parsed(file_of(R"({"__metadata__":{"a":"\u00e9\ud83d\ude00"}})", "")).metadata.at("a") ==
        "\xc3\xa9\xf0\x9f\x98\x80");
}

TEST_CASE("names in errors are safe to print and short") {
  auto const text = refused("{\"\\u001b[31m\\n" + std::string(5000, 'x') + "\":1}");
  CHECK(contains(text, "'\\x1b[31m\\x0axxx"));
  CHECK(contains(text, "...' is 1, an object is wanted"));
  CHECK(text.size() < 200);
}

TEST_CASE("a name, a field or a metadata key that comes twice is refused") {
  auto const w = entry("w", "F32", "[2]", 0, 8);
  CHECK(contains(refused("{" + w + "," + w + "}", two_floats), "the header has 'w' twice"));
  CHECK(contains(refused("{" + w + R"(,"\u0077":{}})", two_floats), "the header has 'w' twice"));
  CHECK(contains(refused(R"({"__metadata__":{},"__metadata__":{}})"), "has '__metadata__' twice"));
  CHECK(contains(refused(R"({"__metadata__":{"a":"1","a":"1"}})"), "__metadata__ has 'a' twice"));
  CHECK(contains(refused(R"({"w":{"dtype":"F32","dtype":"F32"}})"), "tensor 'w' has 'dtype' twice"));
  CHECK(contains(refused(R"({"w":{"shape":[],"shape":[]}})"), "tensor 'w' has 'shape' twice"));
  CHECK(
      contains(refused(R"({"w":{"data_offsets":[0,0],"data_offsets":[0,0]}})"), "has 'data_offsets' twice"));
}

TEST_CASE("fields that are unknown, missing or of another kind are refused") {
  CHECK(contains(refused(R"({"w":{"dtype":"F32","shape":[],"data_offsets":[0,4],"strides":[]}})", "1234"),
                 "tensor 'w' has an unknown field 'strides'"));
  CHECK(contains(refused(R"({"w":{"shape":[],"data_offsets":[0,4]}})", "1234"), "tensor 'w' has no dtype"));
  CHECK(
      contains(refused(R"({"w":{"dtype":"F32","data_offsets":[0,4]}})", "1234"), "tensor 'w' has no shape"));
  CHECK(contains(refused(R"({"w":{"dtype":"F32","shape":[]}})", "1234"), "tensor 'w' has no data_offsets"));
  CHECK(contains(refused(R"({"w":{}})"), "tensor 'w' has no dtype"));
  CHECK(contains(refused(R"({"w":{"dtype":"F32","shape":[],"data_offsets":[0]}})", "1234"),
                 "has 1 data_offsets, two are"));
  CHECK(contains(refused(R"({"w":{"dtype":"F32","shape":[],"data_offsets":[]}})", "1234"),
                 "has 0 data_offsets"));
  CHECK(contains(refused(R"({"w":{"dtype":"F32","shape":[],"data_offsets":[0,4,4]}})", "1234"),
                 "has more than 2 numbers in its data_offsets"));

  for (std::string const other : {"null", "true", "1", "-1", "1.5", "\"x\"", "[]"})
    CHECK(contains(refused(fmt::format(R"({{"w":{}}})", other)), "an object is wanted"));
  for (std::string const other : {"null", "false", "1", "-1", "1.5", "[]", "{}"}) {
    CHECK(contains(refused(fmt::format(R"({{"w":{{"dtype":{}}}}})", other)), "text is wanted"));
    CHECK(contains(refused(fmt::format(R"({{"__metadata__":{{"frames":{}}}}})", other)),
                   "'frames' of __metadata__ is "));
  }
  for (std::string const field : {"shape", "data_offsets"}) {
    for (std::string const other : {"null", "true", "1", "-1", "1.5", "\"x\"", "{}"})
      CHECK(contains(refused(fmt::format(R"({{"w":{{"{}":{}}}}})", field, other)), "a list is wanted"));
    for (std::string const other :
         {"null", "true", "-1", "1.0", "1e2", "\"1\"", "[1]", "{}", "-0", "18446744073709551616"})
      CHECK(contains(refused(fmt::format(R"({{"w":{{"{}":[{}]}}}})", field, other)),
                     field + " of tensor 'w' holds "));
  }
}

TEST_CASE("deep nesting is refused where it begins, however deep") {
  std::string const deep(1'000'000, '[');
  CHECK(contains(refused(R"({"w":)" + deep), "'w' is a list, an object is wanted"));
  CHECK(contains(refused(R"({"w":{"shape":)" + deep), "shape of tensor 'w' holds a list"));
  CHECK(
      contains(refused(R"({"__metadata__":{"a":)" + deep), "'a' of __metadata__ is a list, text is wanted"));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += R"({"a":)";
  CHECK(contains(refused(objects), "unknown field 'a'"));
}

TEST_CASE("metadata of too many entries are refused") {
  std::string header = R"({"__metadata__":{"0":"")";
  for (std::size_t i = 1; i < io::detail::most_metadata; ++i) header += fmt::format(R"(,"{}":"")", i);
  CHECK(parsed(file_of(header + "}}", "")).metadata.size() == 65536);
  CHECK(contains(refused(header + R"(,"x":""}})"), "__metadata__ has more than 65536 entries"));
}

TEST_CASE("what cannot be written is refused, and the older file stays") {
  scratch::folder const f;
  scratch::save(f / "w.safetensors", "older");
  auto const said = [&](io::named_tensors const& all) {
    return complaint([&] { io::write_safetensors(f / "w.safetensors", all); });
  };
  io::tensor const one({1}, std::vector<float>{1});
  CHECK(contains(said({{{"__metadata__", one}}, {}}), "a tensor cannot have the name '__metadata__'"));
  CHECK(contains(said({{{"w", io::tensor()}}, {}}), "tensor 'w' has neither a shape nor a value"));
  CHECK(contains(said({{{"\xff", one}}, {}}), "'\\xff' is not UTF-8"));
  CHECK(contains(said({{}, {{"a", "\xc3"}}}), "'\\xc3' is not UTF-8"));
  CHECK(
      contains(said({{{"w", io::tensor(shape(65, 1), std::vector<float>{1})}}, {}}), "more than 64 numbers"));
  CHECK(contains(said({{}, {{"a", std::string(100'000'000, 'x')}}}), "bytes, 100000000 are allowed"));
  CHECK(contains(complaint([&] { io::write_safetensors(f / "none" + std::string("/w.safetensors"), {}); }),
                 "none"));
  CHECK(scratch::load(f / "w.safetensors") == "older");
  CHECK(f.names() == std::vector<std::string>{"w.safetensors"});
}

TEST_CASE("thousands of damaged files are read rightly or refused") {
  auto const seeds = tomoedx_fuzz::safetensors_examples();
  for (auto const& bytes : seeds) CHECK(tomoedx_fuzz::safetensors(std::as_bytes(std::span(bytes))));
  std::mt19937 random(2024);
  int refusals = 0;
  for (int i = 0; i < 6000; ++i) {
    auto const& seed = seeds[random() % seeds.size()];
    auto bytes = scratch::mutated(seed, seed.size(), random);
    if (i % 2 == 0) bytes.replace(0, 8, seed, 0, 8);  // a good length, so that the header is looked at
    refusals += !tomoedx_fuzz::safetensors(std::as_bytes(std::span(bytes)));
  }
  CHECK(refusals > 3000);
  CHECK(refusals < 6000);
}

TEST_CASE("the weights other programs wrote are read, looked at and written alike") {
  TOMOEDX_SHARED_OR_SKIP(reference, "reference/denoise");
  scratch::folder const f;
  int files = 0;
  for (auto const& found : std::filesystem::recursive_directory_iterator(reference)) {
    if (found.path().extension() != ".safetensors") continue;
    INFO(found.path().string());
    ++files;
    auto const all = io::read_safetensors(found.path());
    auto const what = io::inspect_safetensors(found.path());
    CHECK(what.metadata == all.metadata);
    REQUIRE(what.tensors.size() == all.tensors.size());
    std::uint64_t bytes = 0;
    for (auto const& [name, t] : all.tensors) {
      CHECK(what.tensors.at(name).shape == t.shape());
      bytes += what.tensors.at(name).bytes;
    }
    auto const file = scratch::load(found.path().string());
    std::uint64_t length = 0;
    for (std::size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(file[i]);
    CHECK(bytes == file.size() - 8 - length);
    io::write_safetensors(f / "w.safetensors", all);
    auto const back = io::read_safetensors(f / "w.safetensors");
    CHECK(back.tensors == all.tensors);
    CHECK(back.metadata == all.metadata);
  }
  CHECK(files > 0);
}

#endif
