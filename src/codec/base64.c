#include "codec/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void ll_base64_add(struct ll_buf *out, struct ll_str bytes)
{
    for (size_t at = 0; at < bytes.len; at += 3) {
        size_t count = bytes.len - at < 3 ? bytes.len - at : 3;
        uint32_t group = 0;
        for (size_t i = 0; i < 3; i++)
            group = group << 8 | (i < count ? (unsigned char)bytes.ptr[at + i] : 0u);
        char text[4];
        for (size_t i = 0; i < 4; i++)
            text[i] = i <= count ? alphabet[group >> (18 - 6 * i) & 0x3F] : '=';
        ll_buf_add(out, (struct ll_str){text, sizeof(text)});
    }
}

/* The six bits that c stands for, or -1. */
static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool ll_base64_decode(struct ll_arena *arena, struct ll_str text, struct ll_str *ret_bytes)
{
    if (text.len % 4 != 0)
        return false;
    size_t padding = 0;
    while (padding < 2 && padding < text.len && text.ptr[text.len - 1 - padding] == '=')
        padding++;
    char *bytes = ll_arena_alloc(arena, text.len / 4 * 3);
    size_t len = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < text.len; i++) {
        int value = i < text.len - padding ? value_of(text.ptr[i]) : 0;
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        if (i % 4 != 3)
            continue;
        for (int shift = 16; shift >= 0; shift -= 8)
            bytes[len++] = (char)(bits >> shift & 0xFF);
        bits = 0;
    }
    /* Padding stands for bytes that are not there: they must be zero. */
    for (size_t i = 0; i < padding; i++)
        if (bytes[--len] != 0)
            return false;
    *ret_bytes = (struct ll_str){bytes, len};
    return true;
}
