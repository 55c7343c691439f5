// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_DENOISE_WEIGHTS_HPP
#define TOMOEDX_CLI_DENOISE_WEIGHTS_HPP

#include "records.hpp"

#include <string>
#include <vector>

namespace tomoedx::nn {
struct description;
}

namespace tomoedx::cli {

/// Whether a file is one of weights, by its name.
bool is_weights(std::string const& file);

/// throws   tomoedx::value_error for a PyTorch checkpoint, by its name
void refuse_checkpoint(std::string const& file);

/// What a weight file holds, of a known network or not.
weights_record weights_in(std::string const& file);

/// What the network still has to be told, as options of `denoise`.
std::vector<std::string> wanted_options(nn::description const& about);

}  // namespace tomoedx::cli

#endif
