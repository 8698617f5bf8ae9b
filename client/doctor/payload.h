/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to client/doctor: describing the content of single messages. */
#ifndef ORL_DOCTOR_PAYLOAD_H
#define ORL_DOCTOR_PAYLOAD_H

#include "doctor/writer.h"
#include "wire/wire.h"

/* Object "frame" or "cursor" of a message whose offset and size lie inside `mem`. */
void orl_payload_frame(struct orl_writer *r, const struct orl_layout *lay, struct orl_mem mem,
                       struct orl_payload msg);
void orl_payload_cursor(struct orl_writer *r, const struct orl_layout *lay, struct orl_mem mem,
                        struct orl_payload msg);

/* type and values of a client message (ORL_CLIENT_BYTES bytes, `size` of them used). */
void orl_payload_client(struct orl_writer *r, const uint8_t *data, uint32_t size);

#endif
