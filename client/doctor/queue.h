/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to client/doctor: describing one queue. */
#ifndef ORL_DOCTOR_QUEUE_H
#define ORL_DOCTOR_QUEUE_H

#include "doctor/writer.h"
#include "wire/wire.h"

/*
 * One object of the list "queues": queue block `index` of a session whose control block lies
 * inside `mem`; rings must start at `rings_from` or later.
 */
void orl_queue_describe(struct orl_writer *r, const struct orl_layout *lay, struct orl_mem mem,
                        uint32_t index, size_t rings_from);

#endif
