set(CMAKE_C_STANDARD 17)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
add_compile_definitions(_GNU_SOURCE)

# Asserts stay on in every build type: CMake's own flags would add -DNDEBUG.
set(CMAKE_C_FLAGS_DEBUG "-O0 -g")
set(CMAKE_C_FLAGS_RELEASE "-O2")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
set(CMAKE_C_FLAGS_MINSIZEREL "-Os")
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

set(LL_WARNINGS -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
    -Wformat=2 -Wcast-qual -Werror)
# clang's -Wconversion takes assert(!"text") for a mistake.
list(APPEND LL_WARNINGS $<$<C_COMPILER_ID:Clang>:-Wno-string-conversion>)
# For modules and programs, not for tests: see the header.
set(LL_BANNED "SHELL:-include ${CMAKE_SOURCE_DIR}/src/base/banned.h")

set(LL_SANITIZE "" CACHE STRING "Sanitizers: address,undefined | thread")
if(LL_SANITIZE)
  add_compile_options(-fsanitize=${LL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${LL_SANITIZE})
endif()
option(LL_COVERAGE "Instrument for gcov" OFF)
if(LL_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
option(LL_FUZZ "Build the fuzz targets (clang)" OFF)
if(LL_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
