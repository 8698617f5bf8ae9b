/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Images of the clipboard from PNG to BMP files and back. Both come from other programs or the
 * guest and are read as hostile. Pure; any thread. Private to win/.
 */
#ifndef ORL_WIN_CLIPBOARD_IMAGE_H
#define ORL_WIN_CLIPBOARD_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define ORL_WIN_IMAGE_MAX_SIDE 16384u      /* px */
#define ORL_WIN_IMAGE_MAX_PX   (64u << 20) /* all of them; 4 bytes each while converting */

struct orl_win_image {
    uint32_t w, h; /* px, 1..ORL_WIN_IMAGE_MAX_SIDE */
    uint8_t *rgba; /* h x w x 4 bytes, from the top, alpha not multiplied in; malloc'ed */
};

/*
 * Turns a whole file into one of the other type; `from` and `to` are ORL_WIN_CLIP_PNG or _BMP and
 * differ. The result has at most `max_bytes`; the caller frees it. ORL_OK; ORL_EMALFORMED; ORL_ENOSPC:
 * too large; ORL_EUNSUPPORTED: a kind of BMP that nobody puts on a clipboard (RLE, OS/2);
 * ORL_ENOMEM.
 */
ORL_MUST int orl_win_image_convert(uint32_t from, uint32_t to, const void *data, size_t len,
                                   size_t max_bytes, uint8_t **out, size_t *out_len);

/*
 * BMP files (clipboard_bmp.c): headers of 40, 52, 56, 108 and 124 bytes, 1, 4, 8 bit with a palette,
 * 16, 24, 32 bit, masks, from the top or the bottom. Errors as above.
 */
ORL_MUST int orl_win_bmp_read(const uint8_t *data, size_t len, struct orl_win_image *out);
/* Opaque images become 24 bit (40-byte header), others 32 bit with alpha (108-byte header). */
ORL_MUST int orl_win_bmp_write(const struct orl_win_image *image, size_t max_bytes,
                               uint8_t **out, size_t *out_len);

#endif
