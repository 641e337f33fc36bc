# What every board is built from: boards/core, wasm3, and how both are compiled. The including project adds its own.
#
#   ROOT            the project's folder
#   CORE_SOURCES    boards/core
#   WASM3_DIR       the folder that holds wasm3.h
#   WASM3_SOURCES   wasm3's files, of those that this version has
#   WASM3_OPTIONS   for compiling them; the including project may have begun this list
#   WASM3_CONFIG    for every file that sees wasm3's headers
#   FAST_OPTIONS    what leaves nothing between two operations of wasm3
#   OUR_WARNINGS    for this project's own files

include(CheckCCompilerFlag)

get_filename_component(ROOT "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

file(GLOB CORE_SOURCES CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/core/*.c")

include("${CMAKE_CURRENT_LIST_DIR}/wasm3.cmake")

set(OUR_WARNINGS -Wall -Wextra -Werror -Wvla -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes
                 -Wmissing-prototypes)

# Every operation of wasm3 ends in a tail call, which these let the compiler make; the rest leaves out what would stand
# between two operations.
set(FAST_OPTIONS -fomit-frame-pointer -foptimize-sibling-calls -fno-stack-protector -fno-plt)

# GCC then keeps the program counter of wasm3's operations in its register: 4 % fewer instructions.
foreach(flag -fno-tree-ter -fno-move-loop-invariants -fno-ivopts)
  string(MAKE_C_IDENTIFIER "HAS${flag}" known)
  check_c_compiler_flag(${flag} ${known})
  if(${known})
    list(APPEND WASM3_OPTIONS ${flag})
  endif()
endforeach()
# wasm3 0.5 relies on both: WebAssembly's numbers wrap, and it reads one slot through pointers to several types.
list(APPEND WASM3_OPTIONS -fwrapv -fno-strict-aliasing -w)

set(WASM3_CONFIG "SHELL:-include \"${CMAKE_CURRENT_LIST_DIR}/core/wasm3_config.h\"")
