/* Functions that no module may use, because each has an unchecked, racy or locale-bound result.
 * Force-included into every module by ll_module() and into no test. Use instead: ll_buf and
 * snprintf for text, the checked parsers of base/str.h for numbers, ll_str_split for tokens,
 * base/time.h for calendars, posix_spawn for programs.
 *
 * The headers that declare or define macros with these names come first: a later include of them is
 * then empty, and system code never meets the poison. */
#ifndef LL_BASE_BANNED_H
#define LL_BASE_BANNED_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <wchar.h>

#undef alloca /* a macro, which cannot be poisoned */
#pragma GCC poison strcpy strcat strncpy strncat stpcpy sprintf vsprintf gets
#pragma GCC poison strtok atoi atol atoll atof strtol strtoul strtoll strtoull
#pragma GCC poison scanf sscanf fscanf vsscanf localtime gmtime ctime asctime
#pragma GCC poison system tmpnam tempnam mktemp alloca

#endif
