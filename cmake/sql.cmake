# SQL text expanded for each dialect and embedded; src/warehouse/sql.c finds it by dialect and by path
# without ".sql". Adding a file needs no edit here.
set(LL_SQL_DIALECTS duckdb)

find_program(M4_PROGRAM m4 REQUIRED)

set(sql_dir ${CMAKE_SOURCE_DIR}/sql)
file(GLOB sql_includes CONFIGURE_DEPENDS ${sql_dir}/*.m4)
file(GLOB_RECURSE sql_sources CONFIGURE_DEPENDS ${sql_dir}/*.sql) # each may include others

# ll_sql(table folder prefix): ${table}_SOURCE in the caller becomes a C file that defines the
# struct ll_sql_table <table> of all .sql files below the folder, their names behind the prefix.
function(ll_sql table folder prefix)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${folder} ${folder}/*.sql)
  list(SORT files)
  set(output ${CMAKE_BINARY_DIR}/sql/${table})
  set(expanded_files)
  foreach(dialect ${LL_SQL_DIALECTS})
    set(macros ${sql_dir}/dialect/${dialect}.m4)
    foreach(file ${files})
      # A folder named for another dialect is not ours.
      string(REGEX MATCH "^(duckdb|postgres)/" own ${file})
      if(own AND NOT own STREQUAL "${dialect}/")
        continue()
      endif()
      set(expanded ${output}/${dialect}/${prefix}${file})
      cmake_path(GET expanded PARENT_PATH expanded_folder)
      file(MAKE_DIRECTORY ${expanded_folder})
      add_custom_command(OUTPUT ${expanded}
        COMMAND ${M4_PROGRAM} -P -E -E -I ${sql_dir} ${macros} ${folder}/${file} > ${expanded}
        DEPENDS ${folder}/${file} ${macros} ${sql_includes} ${sql_sources} VERBATIM)
      list(APPEND expanded_files ${dialect}/${prefix}${file})
    endforeach()
  endforeach()

  # The list goes through a file: a command line has its limits.
  string(REPLACE ";" "\n" lines "${expanded_files}")
  file(CONFIGURE OUTPUT ${output}/files.txt CONTENT "${lines}\n" @ONLY)
  list(TRANSFORM expanded_files PREPEND ${output}/)
  add_custom_command(OUTPUT ${output}/embedded.c
    COMMAND ${CMAKE_COMMAND} -D LIST=${output}/files.txt -D OUTPUT=${output}/embedded.c
            -D TABLE=${table} -P ${CMAKE_SOURCE_DIR}/cmake/embed_sql.cmake
    DEPENDS ${output}/files.txt ${expanded_files} ${CMAKE_SOURCE_DIR}/cmake/embed_sql.cmake VERBATIM)
  set(${table}_SOURCE ${output}/embedded.c PARENT_SCOPE)
endfunction()

ll_sql(ll_sql_embedded ${sql_dir} "")
add_library(ll_sql STATIC ${ll_sql_embedded_SOURCE})
target_include_directories(ll_sql PUBLIC ${CMAKE_SOURCE_DIR}/src)
target_compile_options(ll_sql PRIVATE ${LL_WARNINGS})
