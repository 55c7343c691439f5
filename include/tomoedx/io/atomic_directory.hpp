// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_ATOMIC_DIRECTORY_HPP
#define TOMOEDX_IO_ATOMIC_DIRECTORY_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/detail/sibling.hpp>

#include <filesystem>
#include <string>
#include <system_error>

namespace tomoedx::io {

/// What to do with a directory of the same name that already holds files.
enum class existing { refuse, replace };

/// A directory that appears under its name complete or not at all.
///
/// Fill path(), a hidden directory beside the target, then commit(). Without commit() the destructor removes
/// it and all it holds. An older directory is only touched at commit(), and only lost once the new one is in
/// its place.
class atomic_directory {
 public:
  /// Create the temporary directory.
  ///
  /// throws   file_error: target holds files and `old` says refuse, is a file, or is (around) the working
  ///          directory; folder missing or not writable
  explicit atomic_directory(std::filesystem::path const& target, existing old = existing::refuse)
      : old_(old) {
    namespace fs = std::filesystem;
    expects<file_error>(!target.empty(), "an empty directory name; give the directory to write");
    std::error_code ec;
    target_ = fs::absolute(target).lexically_normal();
    if (!target_.has_filename()) target_ = target_.parent_path();  // trailing slash
    if (fs::is_symlink(fs::symlink_status(target_, ec))) target_ = fs::weakly_canonical(target_, ec);
    expects<file_error>(target_.has_filename(), "{}: is not a directory one can write", target.string());
    check_target();
    detail::check_folder(target_);
    temporary_ = detail::sibling(target_, "partial");
    fs::create_directory(temporary_, ec);
    expects<file_error>(!ec, "{}: cannot be created: {}", target_.string(), ec.message());
  }

  atomic_directory(atomic_directory const&) = delete;
  atomic_directory& operator=(atomic_directory const&) = delete;

  ~atomic_directory() {
    std::error_code ignored;
    if (!committed_) std::filesystem::remove_all(temporary_, ignored);
  }

  /// Where to write the files until commit().
  std::filesystem::path const& path() const noexcept { return temporary_; }
  std::filesystem::path const& target() const noexcept { return target_; }

  /// Give the directory its name.
  void commit() {
    namespace fs = std::filesystem;
    check_target();  // again: hours may have passed
    std::error_code ec;
    fs::path aside;
    if (fs::exists(target_, ec)) {
      aside = detail::sibling(target_, "old");
      fs::rename(target_, aside, ec);
      expects<file_error>(!ec, "{}: cannot be moved aside: {}", target_.string(), ec.message());
    }
    fs::rename(temporary_, target_, ec);
    if (ec) {
      std::error_code ignored;
      if (!aside.empty()) fs::rename(aside, target_, ignored);
      fail<file_error>("{}: cannot be put in place: {}", target_.string(), ec.message());
    }
    committed_ = true;
    if (!aside.empty()) fs::remove_all(aside, ec);
  }

 private:
  void check_target() const {
    namespace fs = std::filesystem;
    std::error_code ec;
    auto const status = fs::status(target_, ec);
    if (!fs::exists(status)) return;
    expects<file_error>(fs::is_directory(status), "{}: is a file; give a directory", target_.string());
    fs::path const here = fs::current_path(ec);
    fs::path const from_target = here.lexically_relative(target_);
    bool const inside = !from_target.empty() && *from_target.begin() != "..";
    expects<file_error>(!inside, "{}: is the working directory or around it; give a directory of its own",
                        target_.string());
    bool const empty = fs::is_empty(target_, ec);
    expects<file_error>(!ec, "{}: cannot look into it: {}", target_.string(), ec.message());
    expects<file_error>(empty || old_ == existing::replace,
                        "{}: exists and is not empty; remove it or choose another name", target_.string());
  }

  std::filesystem::path target_, temporary_;
  existing old_;
  bool committed_ = false;
};

}  // namespace tomoedx::io

#endif
