# ll_embed(module file symbol): the bytes of `file` as `const unsigned char symbol[]` and
# `const size_t symbol_size` in a source file of the module.
function(ll_embed module file symbol)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${file})
  file(READ ${CMAKE_SOURCE_DIR}/${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(................................................................................)"
    "\\1\n" bytes "${bytes}")
  set(source ${CMAKE_BINARY_DIR}/embedded/${symbol}.c)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT
    "#include <stddef.h>\n\n#include \"${module}/embedded.h\"\n\nconst unsigned char ${symbol}[] = {\n${bytes}\n};\nconst size_t ${symbol}_size = sizeof(${symbol});\n")
  target_sources(ll_${module} PRIVATE ${source})
endfunction()
