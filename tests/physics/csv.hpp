// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_PHYSICS_CSV_HPP
#define TOMOEDX_TESTS_PHYSICS_CSV_HPP

#include "../shared.hpp"

#include <tomoedx/core/units.hpp>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace tomoedx_tests {

constexpr tomoedx::kiloelectronvolt kev(double e) {
  return tomoedx::kiloelectronvolt(e);
}

/// A row of a table by the names of its columns.
struct csv_row {
  std::map<std::string, std::string> text;
  std::string const& operator()(std::string const& column) const { return text.at(column); }
  double operator[](std::string const& column) const { return std::stod(text.at(column)); }
};

/// The rows of a file whose comments begin with # and whose first line besides names the columns.
inline std::vector<csv_row> read_csv(std::filesystem::path const& path) {
  std::ifstream file(path);
  std::vector<std::string> columns;
  std::vector<csv_row> rows;
  for (std::string line, cell; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::vector<std::string> cells;
    for (std::istringstream s(line); std::getline(s, cell, ',');) cells.push_back(cell);
    if (columns.empty()) {
      columns = cells;
      continue;
    }
    csv_row row;
    for (std::size_t i = 0; i < cells.size(); ++i) row.text[columns[i]] = cells[i];
    rows.push_back(row);
  }
  return rows;
}

}  // namespace tomoedx_tests

#endif
