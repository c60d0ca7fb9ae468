/* Compiler attributes under short names, so that headers stay readable. */
#ifndef LL_BASE_ATTR_H
#define LL_BASE_ATTR_H

#define LL_MUST_CHECK __attribute__((warn_unused_result))
#define LL_NONNULL(...) __attribute__((nonnull(__VA_ARGS__)))
#define LL_PRINTF(format_index, first_arg) __attribute__((format(printf, format_index, first_arg)))
#define LL_NORETURN __attribute__((noreturn))
#define LL_UNUSED __attribute__((unused))

/* LL_AUTO(clear_fn) struct x v = {0};  clear_fn(&v) runs when v leaves its scope. */
#define LL_AUTO(clear_fn) __attribute__((cleanup(clear_fn)))

#define LL_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
