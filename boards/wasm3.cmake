# Where wasm3 is, and which of its files this version has: for every build, ESP-IDF's too. It only sets variables, so that
# a script may include it.
#
#   ROOT            the project's folder
#   WASM3_DIR       the folder that holds wasm3.h: the variable, else the environment's, else that of `npm ci`
#   WASM3_SOURCES   its files

get_filename_component(ROOT "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)

if(NOT WASM3_DIR)
  if(DEFINED ENV{WASM3_DIR})
    set(WASM3_DIR "$ENV{WASM3_DIR}")
  else()
    set(WASM3_DIR "${ROOT}/node_modules/wasm3/cpp")
  endif()
endif()
get_filename_component(WASM3_DIR "${WASM3_DIR}" ABSOLUTE BASE_DIR "${CMAKE_BINARY_DIR}")
# ESP-IDF's script knows the environment alone: that there is no wasm3 in its place says nothing yet.
if(NOT CMAKE_SCRIPT_MODE_FILE AND NOT EXISTS "${WASM3_DIR}/wasm3.h")
  message(FATAL_ERROR "no wasm3 in ${WASM3_DIR}: run `npm ci` in ${ROOT}, "
                      "or give the folder that holds wasm3.h with -DWASM3_DIR=<folder>")
endif()

# Versions of wasm3 differ in their files: take those of this list that exist.
set(WASM3_SOURCES)
foreach(part bind code compile core env exec function info module parse validate)
  if(EXISTS "${WASM3_DIR}/m3_${part}.c")
    list(APPEND WASM3_SOURCES "${WASM3_DIR}/m3_${part}.c")
  endif()
endforeach()
