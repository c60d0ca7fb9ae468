#include "support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/output.h"
#include "base/arena.h"
#include "support/temp_folder.h"

static char *path_in(const char *folder, const char *name)
{
    struct ll_buf path = {0};
    ll_buf_printf(&path, "%s/%s", folder, name);
    return path.ptr;
}

static char *content_of(const char *path)
{
    static char text[200000];
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t n = read(fd, text, sizeof(text) - 1);
    assert_true(n >= 0);
    text[n] = '\0';
    close(fd);
    return text;
}

static void sees_a_full_disk(void **state LL_UNUSED)
{
    struct ll_error err;
    struct ll_output out = {.fd = open("/dev/full", O_WRONLY), .name = "standard output"};
    assert_true(out.fd >= 0);
    assert_status(LL_OK, ll_output_write(&out, LL_STR("hello"), &err), &err); /* kept */
    assert_status(LL_IO, ll_output_flush(&out, &err), &err);
    assert_int_equal(err.code, ENOSPC);
    assert_non_null(strstr(err.message, "standard output"));
    assert_status(LL_OK, ll_output_flush(&out, &err), &err); /* it is not tried again */
    close(out.fd);
    ll_output_clear(&out);
}

static void sees_a_closed_pipe(void **state LL_UNUSED)
{
    int fds[2];
    struct ll_error err;
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(fds), 0);
    close(fds[0]);
    struct ll_output out = {.fd = fds[1], .name = "standard output"};
    char *many = ll_xcalloc(100000, 1);
    assert_status(LL_IO, ll_output_write(&out, (struct ll_str){many, 100000}, &err), &err);
    assert_int_equal(err.code, EPIPE);
    free(many);
    close(fds[1]);
    ll_output_clear(&out);
}

static void keeps_bytes_in_order(void **state LL_UNUSED)
{
    struct ll_error err;
    char *folder = temp_folder_new(), *path = path_in(folder, "data");
    struct ll_output out = {.fd = open(path, O_WRONLY | O_CREAT, 0600), .name = path};
    struct ll_buf wanted = {0};
    static const size_t lengths[] = {1, 60000, 5000, 0, 70000, 3};
    for (size_t i = 0; i < LL_COUNT(lengths); i++) {
        struct ll_buf part = {0};
        for (size_t n = 0; n < lengths[i]; n++)
            ll_buf_add_char(&part, (char)('a' + (n + i) % 26));
        ll_buf_add(&wanted, ll_buf_str(&part));
        assert_status(LL_OK, ll_output_write(&out, ll_buf_str(&part), &err), &err);
        ll_buf_clear(&part);
    }
    assert_status(LL_OK, ll_output_flush(&out, &err), &err);
    close(out.fd);
    ll_output_clear(&out);
    assert_string_equal(content_of(path), wanted.ptr);
    ll_buf_clear(&wanted);
    free(path);
    temp_folder_free(folder);
}

static void shows_a_file_whole_or_not_at_all(void **state LL_UNUSED)
{
    struct ll_error err;
    char *folder = temp_folder_new(), *path = path_in(folder, "out.csv");
    struct ll_outfile file;
    assert_status(LL_OK, ll_outfile_open(&file, path, &err), &err);
    assert_status(LL_OK, ll_output_write(&file.out, LL_STR("first"), &err), &err);
    assert_int_equal(access(path, F_OK), -1);
    assert_status(LL_OK, ll_outfile_commit(&file, &err), &err);
    ll_outfile_close(&file);
    assert_string_equal(content_of(path), "first");

    /* Given up: what was there stays, and nothing else does. */
    assert_status(LL_OK, ll_outfile_open(&file, path, &err), &err);
    assert_status(LL_OK, ll_output_write(&file.out, LL_STR("second"), &err), &err);
    char *temporary = ll_xstrdup(file.temporary);
    ll_outfile_close(&file);
    assert_string_equal(content_of(path), "first");
    assert_int_equal(access(temporary, F_OK), -1);
    free(temporary);

    /* Another file put under the temporary name is the one that counts. */
    assert_status(LL_OK, ll_outfile_open(&file, path, &err), &err);
    char *other = path_in(folder, "other");
    int fd = open(other, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "third", 5), 5);
    close(fd);
    assert_int_equal(rename(other, file.temporary), 0);
    assert_status(LL_OK, ll_outfile_commit(&file, &err), &err);
    ll_outfile_close(&file);
    assert_string_equal(content_of(path), "third");
    free(other);
    free(path);
    temp_folder_free(folder);
}

static void refuses_bad_places(void **state LL_UNUSED)
{
    struct ll_error err;
    char *folder = temp_folder_new(), *missing = path_in(folder, "no/such/file");
    struct ll_outfile file;
    assert_status(LL_INVALID, ll_outfile_open(&file, folder, &err), &err);
    assert_status(LL_IO, ll_outfile_open(&file, missing, &err), &err);
    assert_int_equal(err.code, ENOENT);
    free(missing);
    temp_folder_free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sees_a_full_disk),     cmocka_unit_test(sees_a_closed_pipe),
        cmocka_unit_test(keeps_bytes_in_order), cmocka_unit_test(shows_a_file_whole_or_not_at_all),
        cmocka_unit_test(refuses_bad_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
