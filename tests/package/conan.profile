# A machine that has Kokkos, Eigen, fmt and CMake already: Conan downloads nothing. docs/packaging.md explains it.
[settings]
os=Linux
arch=x86_64
build_type=Release
compiler=gcc
compiler.version=12
compiler.libcxx=libstdc++11
compiler.cppstd=20

[platform_requires]
kokkos/5.0.2
eigen/3.4.0
fmt/9.1.0
hdf5/1.10.8
libpng/1.6.39

[platform_tool_requires]
cmake/3.25.1

[conf]
tools.cmake.cmake_layout:test_folder=$TMP
tools.cmake.cmaketoolchain:user_presets=

[runenv]
OMP_PROC_BIND=false
