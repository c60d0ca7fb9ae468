# What `make install` puts below the prefix, besides the programs (see ll_program and sim/). The
# program looks for DuckDB in ../lib/livelake relative to itself.
install(FILES ${DUCKDB_LIBRARY} DESTINATION lib/livelake)
install(FILES LICENSE NOTICE README.md DESTINATION share/doc/livelake)
file(GLOB pages CONFIGURE_DEPENDS docs/*.md)
install(FILES ${pages} DESTINATION share/doc/livelake/docs)

# Manual pages and completions are printed by the program itself, from its tables.
set(made ${CMAKE_BINARY_DIR}/made)
add_custom_command(OUTPUT ${made}/done
  COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:livelake> -DFOLDER=${made}
          -P ${CMAKE_CURRENT_LIST_DIR}/made.cmake
  DEPENDS livelake ${CMAKE_CURRENT_LIST_DIR}/made.cmake VERBATIM)
add_custom_target(made ALL DEPENDS ${made}/done)
add_custom_target(installed DEPENDS livelake livelake-sim made)
install(DIRECTORY ${made}/man1 ${made}/man5 DESTINATION share/man)
install(FILES ${made}/livelake DESTINATION share/bash-completion/completions)
install(FILES ${made}/_livelake DESTINATION share/zsh/site-functions)
install(FILES ${made}/livelake.fish DESTINATION share/fish/vendor_completions.d)

# The unit names the prefix it was installed below.
set(unit ${CMAKE_SOURCE_DIR}/deploy/systemd/livelake.service)
if(EXISTS ${unit})
  install(CODE "set(unit \"${unit}\")\nset(made \"${made}\")" )
  install(CODE [[
    file(READ "${unit}" text)
    string(REPLACE "/usr/local" "${CMAKE_INSTALL_PREFIX}" text "${text}")
    file(WRITE "${made}/livelake.service" "${text}")
    file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/systemd/system" TYPE FILE
      FILES "${made}/livelake.service")
  ]])
endif()
