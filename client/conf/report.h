/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Adding sentences to a report. Private to conf/. Any thread that owns the report.
 */
#ifndef ORL_CONF_REPORT_H
#define ORL_CONF_REPORT_H

#include "conf/conf.h"

void orl_conf_say(struct orl_conf_report *rep, bool error, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define orl_conf_error(rep, ...) orl_conf_say((rep), true, __VA_ARGS__)
#define orl_conf_warn(rep, ...)  orl_conf_say((rep), false, __VA_ARGS__)

#endif
