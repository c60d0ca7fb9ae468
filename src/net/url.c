#include <assert.h>
#include <string.h>

#include "net/net_internal.h"

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

void ll_url_add_escaped(struct ll_buf *url, struct ll_str s)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
            ll_buf_add_char(url, c);
            continue;
        }
        ll_buf_add_char(url, '%');
        ll_buf_add_char(url, digits[(unsigned char)c >> 4]);
        ll_buf_add_char(url, digits[(unsigned char)c & 15]);
    }
}

static size_t find_any(struct ll_str s, const char *bytes)
{
    size_t at = 0;
    while (at < s.len && strchr(bytes, s.ptr[at]) == NULL)
        at++;
    return at;
}

/* The length of "http://" or "https://" in any case; 0 when the URL begins otherwise. */
static size_t scheme_len(struct ll_str url)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < LL_COUNT(schemes); i++) {
        size_t len = strlen(schemes[i]);
        size_t same = 0;
        while (same < len && same < url.len && lower(url.ptr[same]) == schemes[i][same])
            same++;
        if (same == len)
            return len;
    }
    return 0;
}

struct ll_str ll_url_authority(struct ll_str url)
{
    size_t from = scheme_len(url);
    if (from == 0)
        return LL_STR("");
    struct ll_str rest = ll_str_sub(url, from, url.len);
    return ll_str_sub(rest, 0, find_any(rest, "/?#"));
}

/* The host's part of an authority: up to the port. */
static struct ll_str host_of(struct ll_str authority)
{
    if (authority.len > 0 && authority.ptr[0] == '[')
        return ll_str_sub(authority, 0, ll_str_find(authority, ']', 0) + 1);
    return ll_str_sub(authority, 0, ll_str_find(authority, ':', 0));
}

static const char *authority_fault(struct ll_str authority)
{
    if (ll_str_find(authority, '@', 0) < authority.len)
        return "it must not hold a user name or password";
    struct ll_str host = host_of(authority);
    bool ipv6 = host.len > 0 && host.ptr[0] == '[';
    if (host.len == 0 || (ipv6 && (host.len < 4 || host.ptr[host.len - 1] != ']')))
        return "it has no host";
    for (size_t i = ipv6 ? 1 : 0; i < host.len - (ipv6 ? 1 : 0); i++) {
        char c = host.ptr[i];
        bool fine = ipv6 ? is_hex(c) || c == ':' || c == '.'
                         : is_alnum(c) || c == '-' || c == '.' || c == '_';
        if (!fine)
            return "its host has a character that hosts do not have";
    }
    struct ll_str port = ll_str_sub(authority, host.len, authority.len);
    uint64_t number;
    if (port.len > 0 &&
        (port.ptr[0] != ':' || !ll_str_to_u64(ll_str_sub(port, 1, port.len), &number) ||
         number == 0 || number > 65535))
        return "its port is not a number from 1 to 65535";
    return NULL;
}

static const char *path_fault(struct ll_str path)
{
    for (size_t i = 0; i < path.len; i++) {
        char c = path.ptr[i];
        if (c == '?')
            return "it must not have a query";
        if (c == '#')
            return "it must not have a fragment";
        if (c == '%' && (i + 2 >= path.len || !is_hex(path.ptr[i + 1]) || !is_hex(path.ptr[i + 2])))
            return "a % in it is not followed by two hexadecimal digits";
        if (c <= ' ' || c > '~' || strchr("\"<>\\^`{|}", c) != NULL)
            return "its path has a character that must be percent-encoded";
    }
    struct ll_str part;
    while (ll_str_split(&path, '/', &part))
        if (ll_str_equal(part, LL_STR(".")) || ll_str_equal(part, LL_STR("..")))
            return "its path must not go up";
    return NULL;
}

enum ll_status ll_url_normalise(struct ll_str url, struct ll_buf *out, struct ll_error *err)
{
    struct ll_str trimmed = ll_str_trim(url);
    size_t from = scheme_len(trimmed);
    struct ll_str authority = ll_url_authority(trimmed);
    struct ll_str path = ll_str_sub(trimmed, from + authority.len, trimmed.len);
    const char *fault = from == 0 ? "it must begin with https:// or http://" : NULL;
    if (fault == NULL)
        fault = authority_fault(authority);
    if (fault == NULL)
        fault = path_fault(path);
    if (fault != NULL)
        /* What may hold a password is not repeated. */
        return ll_fail(err, LL_INVALID, 0, "not a usable address: %s", fault);
    for (size_t i = 0; i < from + authority.len; i++)
        ll_buf_add_char(out, lower(trimmed.ptr[i]));
    struct ll_str part;
    while (ll_str_split(&path, '/', &part))
        if (part.len > 0) {
            ll_buf_add_char(out, '/');
            ll_buf_add(out, part);
        }
    return LL_OK;
}

bool ll_url_is_loopback(struct ll_str url)
{
    struct ll_str host = host_of(ll_url_authority(url));
    if (ll_str_equal(host, LL_STR("localhost")) || ll_str_equal(host, LL_STR("[::1]")))
        return true;
    struct ll_str part;
    int parts = 0;
    uint64_t first = 0;
    while (ll_str_split(&host, '.', &part)) {
        uint64_t number;
        if (part.len > 3 || !ll_str_to_u64(part, &number) || number > 255)
            return false;
        if (parts++ == 0)
            first = number;
    }
    return parts == 4 && first == 127;
}
