# The dashboard, web/dist as scripts/bootstrap builds it, compressed and embedded for serve/assets.h.
# Without it the program is built all the same, and its pages say what is missing.
set(web_dist ${CMAKE_SOURCE_DIR}/web/dist)
file(GLOB_RECURSE web_files CONFIGURE_DEPENDS ${web_dist}/*)
find_program(GZIP_PROGRAM gzip REQUIRED)
set(web_source ${CMAKE_BINARY_DIR}/embedded/ll_assets.c)
add_custom_command(OUTPUT ${web_source}
  COMMAND ${CMAKE_COMMAND} -D DIST=${web_dist} -D OUTPUT=${web_source} -D GZIP=${GZIP_PROGRAM}
          -P ${CMAKE_SOURCE_DIR}/cmake/embed_web.cmake
  DEPENDS ${web_files} ${CMAKE_SOURCE_DIR}/cmake/embed_web.cmake VERBATIM)
target_sources(ll_serve PRIVATE ${web_source})
