# SPDX-License-Identifier: BSD-3-Clause
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load

required_conan_version = ">=2.0"

PARTS = "hdf5", "png", "json", "zlib", "xml", "tiff", "tbb", "mpi"


class Tomoedx(ConanFile):
    name = "tomoedx"
    description = "Element maps in 3D from noisy EDX and HAADF tilt series: projectors, solvers, bimodal reconstruction"
    license = "BSD-3-Clause"
    topics = ("tomography", "electron-microscopy", "edx", "kokkos", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {f"with_{part}": [True, False] for part in PARTS}
    default_options = {f"with_{part}": False for part in PARTS}
    exports_sources = "CMakeLists.txt", "include/*", "LICENSE"
    no_copy_source = True

    def set_version(self):  # the same header that CMake reads
        text = load(self, os.path.join(self.recipe_folder, "include/tomoedx/version.hpp"))
        self.version = ".".join(re.findall(r"VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", text))

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        self.requires("kokkos/[>=5.0 <6]")
        self.requires("eigen/[>=3.4 <6]")
        self.requires("fmt/[>=9]")
        if self.options.with_hdf5:
            self.requires("hdf5/[>=1.10]")
        if self.options.with_png:
            self.requires("libpng/[>=1.6 <2]")
        if self.options.with_json:
            self.requires("nlohmann_json/[>=3.11 <4]")
        if self.options.with_zlib:
            self.requires("zlib/[>=1.2.11 <2]")
        if self.options.with_xml:
            self.requires("pugixml/[>=1.11 <2]")
        if self.options.with_tiff:
            self.requires("libtiff/[>=4.1 <5]")
        if self.options.with_tbb:
            self.requires("onetbb/[>=2021]")
        if self.options.with_mpi:
            self.requires("openmpi/[>=4]")

    def build_requirements(self):
        self.tool_requires("cmake/[>=3.25]")

    def validate(self):
        check_min_cppstd(self, 20)

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        for part in "TESTS", "EXAMPLES", "BENCH", "HOST":
            toolchain.cache_variables[f"TOMOEDX_{part}"] = False
        for part in PARTS:
            toolchain.cache_variables[f"TOMOEDX_{part.upper()}"] = "ON" if self.options.get_safe(f"with_{part}") else "OFF"
        toolchain.cache_variables["FETCHCONTENT_FULLY_DISCONNECTED"] = True  # Conan brings the dependencies
        toolchain.generate()

    def build(self):
        CMake(self).configure()  # nothing to compile

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))

    def package_id(self):  # one package for all settings; the options change what the target defines
        self.info.settings.clear()
        self.info.requires.clear()

    def package_info(self):  # our own config file describes the target, whoever provides Kokkos
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = ["lib/cmake/tomoedx"]
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
