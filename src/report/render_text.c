/* Text on a terminal: how wide it is, and what may not reach it. */
#include "report/render_internal.h"

struct range {
    uint32_t first, last;
};

/* Unicode 15 East Asian Width W and F, in blocks: close enough to line columns up. */
static const struct range wide[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x23e9, 0x23ec},   {0x2614, 0x2615},
    {0x2648, 0x2653},   {0x26a1, 0x26a1},   {0x26bd, 0x26be},   {0x2705, 0x2705},
    {0x2728, 0x2728},   {0x274c, 0x274c},   {0x2753, 0x2757},   {0x2b50, 0x2b50},
    {0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0xa4cf},
    {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
    {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x16fe0, 0x18cff}, {0x1b000, 0x1b2ff},
    {0x1f18e, 0x1f19a}, {0x1f200, 0x1f320}, {0x1f32d, 0x1f64f}, {0x1f680, 0x1f6ff},
    {0x1f7e0, 0x1f7eb}, {0x1f900, 0x1faff}, {0x20000, 0x3fffd},
};

static const struct range zero_width[] = {
    {0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},     {0x610, 0x61a},     {0x64b, 0x65f},
    {0x6d6, 0x6dc},   {0x900, 0x902},   {0x941, 0x948},     {0xe31, 0xe31},     {0xe34, 0xe3a},
    {0xe47, 0xe4e},   {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},   {0x200b, 0x200d},   {0x2060, 0x2064},
    {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0x1f3fb, 0x1f3ff}, {0xe0020, 0xe007f}, {0xe0100, 0xe01ef},
};

/* Would move the cursor, hide text or turn its direction. */
static const struct range unsafe[] = {
    {0x0, 0x1f},      {0x7f, 0x9f},     {0x61c, 0x61c},   {0x200e, 0x200f},
    {0x2028, 0x202e}, {0x2066, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb},
};

static bool within(uint32_t point, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (point >= ranges[i].first && point <= ranges[i].last)
            return true;
    return false;
}

/* Length of the sequence at `at`, its code point; 0 when it is ill-formed. */
static size_t decode(struct ll_str s, size_t at, uint32_t *ret_point)
{
    unsigned char lead = (unsigned char)s.ptr[at];
    size_t length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (length == 0 || at + length > s.len || !ll_str_is_utf8((struct ll_str){s.ptr + at, length}))
        return 0;
    uint32_t point = length == 1 ? lead : lead & (0xffU >> (length + 1));
    for (size_t i = 1; i < length; i++)
        point = point << 6 | ((unsigned char)s.ptr[at + i] & 0x3fU);
    *ret_point = point;
    return length;
}

static size_t width_of(uint32_t point)
{
    if (point < 0x300)
        return 1;
    if (within(point, zero_width, LL_COUNT(zero_width)))
        return 0;
    return within(point, wide, LL_COUNT(wide)) ? 2 : 1;
}

size_t ll_render_width(struct ll_str text)
{
    size_t width = 0;
    for (size_t at = 0; at < text.len;) {
        uint32_t point = 0;
        size_t length = decode(text, at, &point);
        width += length == 0 ? 1 : width_of(point);
        at += length == 0 ? 1 : length;
    }
    return width;
}

/* One character as it may be shown; returns its length in `text`. */
static size_t add_safe(struct ll_str text, size_t at, struct ll_buf *piece)
{
    uint32_t point = 0;
    size_t length = decode(text, at, &point);
    if (length == 0) {
        ll_buf_printf(piece, "\\x%02x", (unsigned char)text.ptr[at]);
        return 1;
    }
    if (point == '\n')
        ll_buf_add(piece, LL_STR("\\n"));
    else if (point == '\t')
        ll_buf_add(piece, LL_STR("\\t"));
    else if (point < 0x100 && within(point, unsafe, LL_COUNT(unsafe)))
        ll_buf_printf(piece, "\\x%02x", point);
    else if (within(point, unsafe, LL_COUNT(unsafe)))
        ll_buf_printf(piece, "\\u%04x", point);
    else
        ll_buf_add(piece, (struct ll_str){text.ptr + at, length});
    return length;
}

void ll_render_cell_text(struct ll_str text, size_t max_width, struct ll_buf *out)
{
    struct ll_buf piece = {0};
    size_t width = 0, keep = out->len; /* keep: where a cut text still has room for its ellipsis */
    for (size_t at = 0; at < text.len;) {
        ll_buf_reset(&piece);
        at += add_safe(text, at, &piece);
        size_t piece_width = ll_render_width(ll_buf_str(&piece));
        if (width + piece_width > max_width) {
            out->len = keep;
            ll_buf_add(out, LL_STR("\xe2\x80\xa6"));
            break;
        }
        ll_buf_add(out, ll_buf_str(&piece));
        width += piece_width;
        if (width < max_width)
            keep = out->len;
    }
    ll_buf_clear(&piece);
}
