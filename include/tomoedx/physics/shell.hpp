// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PHYSICS_SHELL_HPP
#define TOMOEDX_PHYSICS_SHELL_HPP

#include <array>
#include <string_view>

namespace tomoedx::physics {

/// The subshell in which a vacancy is made.
enum class shell { K, L1, L2, L3, M1, M2, M3, M4, M5 };

inline constexpr std::array<shell, 9> all_shells{shell::K,  shell::L1, shell::L2, shell::L3, shell::M1,
                                                 shell::M2, shell::M3, shell::M4, shell::M5};

/// "K", "L1", ... "M5".
constexpr std::string_view name_of(shell s) {
  constexpr std::array<std::string_view, 9> names{"K", "L1", "L2", "L3", "M1", "M2", "M3", "M4", "M5"};
  return names[static_cast<std::size_t>(s)];
}

/// The main shell: 'K', 'L' or 'M'.
constexpr char letter_of(shell s) {
  return name_of(s).front();
}

/// The innermost subshell of a main shell: K, L1 or M1.
constexpr shell first_of(char letter) {
  return letter == 'K' ? shell::K : letter == 'L' ? shell::L1 : shell::M1;
}

/// Where a subshell stands in its main shell: 0 for K, L1 and M1, up to 4 for M5.
constexpr int place_of(shell s) {
  return static_cast<int>(s) - static_cast<int>(first_of(letter_of(s)));
}

}  // namespace tomoedx::physics

#endif
