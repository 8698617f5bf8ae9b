/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log lines to standard error, one write(2) each, so lines of several threads never mix.
 *
 * Each file that logs defines ORL_LOG_MODULE before it includes this header. Meaning of levels:
 * error = a user-visible function is lost; warn = degraded; info = once per session event;
 * debug = once per state change; trace = per item. Nothing above trace may be per frame.
 * common/wire and common/ring never log. Any thread.
 */
#ifndef ORL_BASE_LOG_H
#define ORL_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#ifndef ORL_LOG_MODULE
#    define ORL_LOG_MODULE "oriel"
#endif

enum orl_log_level { ORL_LOG_ERROR, ORL_LOG_WARN, ORL_LOG_INFO, ORL_LOG_DEBUG, ORL_LOG_TRACE };

/*
 * Sets levels from text such as "info" or "warn,frame=debug,ring=trace". Call before threads start.
 * Returns false, changing nothing, when the text is not understood.
 */
bool orl_log_configure(const char *text);

bool orl_log_enabled(const char *module, enum orl_log_level level);

void orl_log_write(const char *module, enum orl_log_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define orl_log(level, ...)                                                                    \
    do {                                                                                       \
        if (orl_log_enabled(ORL_LOG_MODULE, (level))) {                                        \
            orl_log_write(ORL_LOG_MODULE, (level), __VA_ARGS__);                               \
        }                                                                                      \
    } while (0)

#define orl_error(...) orl_log(ORL_LOG_ERROR, __VA_ARGS__)
#define orl_warn(...)  orl_log(ORL_LOG_WARN, __VA_ARGS__)
#define orl_info(...)  orl_log(ORL_LOG_INFO, __VA_ARGS__)
#define orl_debug(...) orl_log(ORL_LOG_DEBUG, __VA_ARGS__)
#define orl_trace(...) orl_log(ORL_LOG_TRACE, __VA_ARGS__)

/*
 * Rate limit for lines inside loops. Zero-initialise one per place and owner thread; returns true
 * when a line may be written now, at most once per `gap_ns`.
 */
struct orl_log_gate {
    uint64_t next_ns;
};
static inline bool orl_log_gate_open(struct orl_log_gate *g, uint64_t now_ns, uint64_t gap_ns)
{
    if (now_ns < g->next_ns) {
        return false;
    }
    g->next_ns = now_ns + gap_ns;
    return true;
}

#endif
