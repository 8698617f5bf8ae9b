/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Input: release u8, form and cut u16, then patches of a guest's memory. */
#include "doctor/inspect.h"
#include "fuzz/guest.h"
#include "fuzz/input.h"

#define PATCHES 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    const uint8_t *guest = fuzz_guest((enum orl_release)(fuzz_u8(&in) % ORL_RELEASES));
    uint16_t form = fuzz_u16(&in);
    size_t bytes = GUEST_BYTES - form / 2 % GUEST_BYTES;
    uint8_t *base = malloc(bytes), *kept = malloc(bytes);
    FUZZ_REQUIRE(base && kept);
    memcpy(base, guest, bytes);
    for (int i = 0; i < PATCHES && in.size; i++) {
        fuzz_patch(&in, base, bytes);
    }
    memcpy(kept, base, bytes);
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    int err = orl_inspect_mem(out, (struct orl_mem){base, bytes}, form & 1, false);
    fclose(out);
    FUZZ_REQUIRE(err == ORL_OK || err == ORL_EAGAIN || err == ORL_EVERSION);
    FUZZ_REQUIRE(length > 0 && length < 4000000 && memcmp(base, kept, bytes) == 0);
    for (size_t i = 0; i < length; i++) {
        FUZZ_REQUIRE(text[i] == '\n' || (text[i] >= 0x20 && text[i] < 0x7f));
    }
    free(text);
    free(base);
    free(kept);
    return 0;
}
