/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/queue_end.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

void bench_queue_start(struct bench_queue *q, const char *socket)
{
    *q = (struct bench_queue){.spice = NULL};
    (void)orl_log_configure("error");
    if (orl_cmdq_init(&q->commands) != ORL_OK || orl_spice_link_init(&q->link) != ORL_OK) {
        fprintf(stderr, "bench: out of memory\n");
        exit(EXIT_FAILURE);
    }
    q->link.input = &q->commands;
    q->conf = (struct orl_spice_conf){
        .host = socket,
        .password = "",
        .password_file = "",
        .ca_file = "",
        .host_subject = "",
        .share_dir = "",
        .usb_auto_filter = "",
        .usb_redirect_filter = "",
        .input = true,
    };
    if (orl_spice_start(&q->spice, &q->conf, &q->link) != ORL_OK) {
        fprintf(stderr, "bench: the SPICE thread does not start\n");
        exit(EXIT_FAILURE);
    }
}

void bench_queue_stop(struct bench_queue *q)
{
    orl_spice_stop(&q->spice);
    orl_spice_link_finish(&q->link);
    orl_cmdq_finish(&q->commands);
}
