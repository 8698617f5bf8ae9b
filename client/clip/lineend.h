/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Line ends and cleanliness of clipboard text. Hosts use LF; the guest's agent says what it uses
 * (VD_AGENT_CAP_GUEST_LINEEND_LF or _CRLF of the SPICE agent protocol), and the client's library
 * passes text on as it is. Pure; any thread.
 */
#ifndef ORL_CLIP_LINEEND_H
#define ORL_CLIP_LINEEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Host text for a guest: with `crlf` every LF that no CR precedes becomes CR LF. 0 bytes at the end are
 * cut (programs differ in whether they add the terminator); 0 bytes inside and bytes that are not UTF-8
 * become '?', because many programs would cut the text there or refuse it. Returns a new buffer,
 * terminated by a 0 that *out_len does not count; the caller frees it. NULL: out of memory, or the
 * result would be longer than `max_bytes`. `text` may be NULL when len is 0.
 */
uint8_t *orl_clip_text_to_guest(const void *text, size_t len, bool crlf, size_t max_bytes,
                                size_t *out_len);

/*
 * Guest text for the host, in new memory and cleaned as above; never longer than the input. With `crlf`
 * every CR LF becomes LF (a lone CR stays). NULL: out of memory.
 */
uint8_t *orl_clip_text_from_guest(const void *text, size_t len, bool crlf, size_t *out_len);

#endif
