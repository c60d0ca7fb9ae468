/* A folder of its own for a test, below $TMPDIR or /tmp. */
#ifndef LL_TESTS_SUPPORT_TEMP_FOLDER_H
#define LL_TESTS_SUPPORT_TEMP_FOLDER_H

char *temp_folder_new(void);       /* aborts when it can't be made */
void temp_folder_free(char *path); /* removes it with all that is in it; takes NULL */

/* One folder for a group of cmocka tests: set-up and tear-down, and a name inside it (the last four
 * results stay valid). */
int temp_folder_open(void **state);
int temp_folder_close(void **state);
const char *temp_folder_path(const char *name);

#endif
