# Libraries from Debian by pkg-config; DuckDB from npm (scripts/bootstrap), loaded at run time.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

function(ll_pkg target module)
  string(MAKE_C_IDENTIFIER ${module} id)
  pkg_check_modules(${id} REQUIRED IMPORTED_TARGET ${module})
  add_library(${target} ALIAS PkgConfig::${id})
endfunction()
ll_pkg(ZSTD::zstd libzstd)
ll_pkg(OpenSSL::Crypto libcrypto)
ll_pkg(ZLIB::zlib zlib)
ll_pkg(CURL::libcurl libcurl)
ll_pkg(MHD::libmicrohttpd libmicrohttpd)
ll_pkg(jansson::jansson jansson)
ll_pkg(cmocka::cmocka cmocka)

set(LL_NODE_MODULES ${CMAKE_SOURCE_DIR}/node_modules)
find_path(DUCKDB_INCLUDE duckdb.h
  HINTS ${LL_NODE_MODULES}/duckdb/src/duckdb/src/include REQUIRED)
find_file(DUCKDB_LIBRARY NAMES libduckdb.so
  HINTS ${LL_NODE_MODULES}/@duckdb/node-bindings-linux-x64 /usr/lib /usr/local/lib REQUIRED)
add_library(DuckDB::headers INTERFACE IMPORTED)
target_include_directories(DuckDB::headers SYSTEM INTERFACE ${DUCKDB_INCLUDE})
target_compile_definitions(DuckDB::headers INTERFACE LL_DUCKDB_LIBRARY="${DUCKDB_LIBRARY}")
