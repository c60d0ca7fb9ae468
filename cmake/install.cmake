# What `make install` puts below the prefix, besides bin/livelake (see ll_program). The program looks
# for DuckDB in ../lib/livelake relative to itself.
install(FILES ${DUCKDB_LIBRARY} DESTINATION lib/livelake)
install(FILES LICENSE NOTICE README.md DESTINATION share/doc/livelake)
file(GLOB pages CONFIGURE_DEPENDS docs/*.md)
install(FILES ${pages} DESTINATION share/doc/livelake/docs)
