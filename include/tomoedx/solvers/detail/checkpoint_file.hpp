// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_DETAIL_CHECKPOINT_FILE_HPP
#define TOMOEDX_SOLVERS_DETAIL_CHECKPOINT_FILE_HPP
// IWYU pragma: private, include "tomoedx/solvers/checkpoint.hpp"

#include <tomoedx/io/atomic_file.hpp>
#include <tomoedx/solvers/detail/checkpoint_header.hpp>
#include <tomoedx/solvers/detail/checkpoint_sum.hpp>

#include <filesystem>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <unistd.h>
#define TOMOEDX_HAS_FSYNC 1
#endif

namespace tomoedx::detail {

inline constexpr std::size_t checkpoint_piece = std::size_t{4}
                                                << 20;  ///< bytes of a buffer on the host at a time

/// Wait until a file, or the names in a folder, are on the disk itself and not only in the system's memory.
///
/// throws   tomoedx::file_error when a file's bytes cannot be brought there; folders not every system can do
inline void bring_to_disk(std::filesystem::path const& path, bool is_folder) {
#ifdef TOMOEDX_HAS_FSYNC
  errno = 0;
  int const handle = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  bool const good = handle >= 0 && ::fsync(handle) == 0;
  int const code = errno;
  if (handle >= 0) ::close(handle);
  expects<file_error>(good || is_folder, "{}: cannot be brought to the disk: {}", path.string(),
                      io::detail::reason(code, "is the disk full?"));
#else
  (void)path, (void)is_folder;
#endif
}

/// A checkpoint on its way to the disk.
class checkpoint_sink {
 public:
  checkpoint_sink(std::filesystem::path const& file, std::string const& header) : file_(file) {
    write(header.data(), header.size());
  }
  void write(void const* data, std::size_t bytes) {
    file_.write(data, bytes);
    sum_.add(data, bytes);
  }
  /// The older file is there until this returns, and the new one from then on.
  void commit() {
    file_.write(fmt::format("\nchecksum {:016x}\n", sum_.value()));
    file_.release();
    bring_to_disk(file_.temporary(), false);
    file_.commit();
    auto const folder = file_.target().parent_path();
    bring_to_disk(folder.empty() ? "." : folder, true);
  }

 private:
  io::atomic_file file_;
  checkpoint_sum sum_;
};

/// Read the whole file once and compare its sum; `in` then stands where the buffers begin.
///
/// throws   tomoedx::file_error
inline checkpoint_header verified_header(io::detail::input& in) {
  checkpoint_header const h = read_header(in);
  std::vector<char> piece(std::min<std::uint64_t>(in.size(), checkpoint_piece));
  checkpoint_sum sum;
  in.seek(0);
  std::uint64_t const end = in.size() - checkpoint_trailer.size();
  while (in.position() < end) {
    auto const n = static_cast<std::size_t>(std::min<std::uint64_t>(end - in.position(), piece.size()));
    in.read(piece.data(), n);
    sum.add(piece.data(), n);
  }
  std::string trailer(checkpoint_trailer.size(), '\0');
  in.read(trailer.data(), trailer.size());
  expects<file_error>(trailer == fmt::format("\nchecksum {:016x}\n", sum.value()),
                      "{}: damaged: the checksum of its bytes is {:016x}, it says '{}'", in.name(),
                      sum.value(), trailer.substr(1, 25));
  in.seek(h.bytes);
  return h;
}

/// Refuse to begin where a checkpoint of so many bytes has no room beside the one that is there.
///
/// throws   tomoedx::file_error
inline void expect_room(std::filesystem::path const& file, std::uint64_t bytes) {
  namespace fs = std::filesystem;
  io::detail::check_folder(file);
  std::error_code ec;
  auto const space = fs::space(file.has_parent_path() ? file.parent_path() : fs::path("."), ec);
  if (ec) return;
  auto old = fs::file_size(file, ec);
  if (ec) old = 0;
  std::uint64_t const wanted =
      bytes + (old < bytes ? bytes - old : 0);  // both are there until one is replaced
  expects<file_error>(
      space.available >= wanted,
      "{}: checkpoints of {} bytes need {} bytes of free disk, there are {}; choose another folder",
      file.string(), bytes, wanted, space.available);
}

/// Remove the unfinished files that a killed run left beside `file`.
inline void remove_leftovers(std::filesystem::path const& file) {
  namespace fs = std::filesystem;
  auto const start = fmt::format(".{}.", file.filename().string().substr(0, 160));
  constexpr std::string_view end = ".partial";
  std::error_code ec;
  std::vector<fs::path> found;
  for (fs::directory_iterator i(file.has_parent_path() ? file.parent_path() : fs::path("."), ec), last;
       !ec && i != last; i.increment(ec)) {
    auto const name = i->path().filename().string();
    if (name.size() == start.size() + 16 + end.size() && name.starts_with(start) && name.ends_with(end) &&
        name.find_first_not_of("0123456789abcdef", start.size()) == start.size() + 16)
      found.push_back(i->path());
  }
  for (auto const& path : found) fs::remove(path, ec);
}

}  // namespace tomoedx::detail

#endif
