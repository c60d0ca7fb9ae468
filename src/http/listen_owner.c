#include "http/listen_owner.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

#define STATE_LISTEN "0A"

/* Fields of a line of /proc/net/tcp, by blanks: 1 = local address:port (hex), 3 = state, 9 = inode.
 */
static bool read_line(const char *line, uint16_t port, char inode[32])
{
    char wanted[8];
    struct ll_str fields[10] = {{0}}, rest = ll_str_of(line), item;
    size_t count = 0;
    while (count < LL_COUNT(fields) && ll_str_split(&rest, ' ', &item))
        if (item.len > 0)
            fields[count++] = item;
    (void)snprintf(wanted, sizeof(wanted), ":%04X", (unsigned)port);
    if (count < LL_COUNT(fields) || !ll_str_ends_with(fields[1], ll_str_of(wanted)) ||
        !ll_str_equal(fields[3], LL_STR(STATE_LISTEN)))
        return false;
    (void)snprintf(inode, 32, "socket:[%.*s]", LL_FMT(fields[9]));
    return true;
}

static bool find_inode(const char *table, uint16_t port, char inode[32])
{
    char line[512];
    bool found = false;
    FILE *file = fopen(table, "re");
    while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL)
        found = read_line(line, port, inode);
    if (file != NULL)
        fclose(file);
    return found;
}

static bool has_socket(const char *pid, const char *inode)
{
    char path[320], target[64];
    bool found = false;
    (void)snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder != NULL && !found && (entry = readdir(folder)) != NULL) {
        (void)snprintf(path, sizeof(path), "/proc/%.20s/fd/%s", pid, entry->d_name);
        ssize_t n = readlink(path, target, sizeof(target) - 1);
        target[n > 0 ? n : 0] = '\0';
        found = strcmp(target, inode) == 0;
    }
    if (folder != NULL)
        closedir(folder);
    return found;
}

static void read_name(const char *pid, char name[32])
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL || fgets(name, 32, file) == NULL)
        (void)snprintf(name, 32, "a program");
    if (file != NULL)
        fclose(file);
    name[strcspn(name, "\n")] = '\0';
}

bool ll_listen_owner_find(uint16_t port, struct ll_listen_owner *ret)
{
    char inode[32];
    int64_t pid = 0;
    bool found = false;
    if (!find_inode("/proc/net/tcp", port, inode) && !find_inode("/proc/net/tcp6", port, inode))
        return false;
    DIR *folder = opendir("/proc");
    struct dirent *entry;
    while (folder != NULL && !found && (entry = readdir(folder)) != NULL) {
        found = ll_str_to_i64(ll_str_of(entry->d_name), &pid) && has_socket(entry->d_name, inode);
        if (found)
            read_name(entry->d_name, ret->name);
    }
    if (folder != NULL)
        closedir(folder);
    ret->pid = (pid_t)pid;
    return found;
}
