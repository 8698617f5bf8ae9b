/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Input: release u8, mode u8, then mode 0: patches of a valid user data block; 1: the user data
 * behind a valid header; 2: patches of a recovery region.
 */
#include "fuzz/input.h"
#include "wire/wire.h"

#define PATCHES 16

static void read_exact(const struct orl_layout *lay, const uint8_t *raw, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1);
    struct orl_session_info info;
    memcpy(exact, raw, size);
    int err = orl_session_info_read(&info, lay, exact, size);
    free(exact);
    if (err == ORL_OK || err == ORL_EVERSION) {
        FUZZ_REQUIRE(strnlen(info.host_version, sizeof(info.host_version)) <= 32);
        FUZZ_REQUIRE(strnlen(info.capture, sizeof(info.capture)) <= 32);
        FUZZ_REQUIRE(strnlen(info.model, sizeof(info.model)) < sizeof(info.model));
        FUZZ_REQUIRE(strnlen(info.os_name, sizeof(info.os_name)) < sizeof(info.os_name));
        FUZZ_REQUIRE(info.records <= size / 8);
    }
    if (err == ORL_OK) {
        uint8_t again[1024];
        FUZZ_REQUIRE(orl_session_info_write(again, sizeof(again), lay, &info) >=
                     lay->info_bytes);
    }
}

static void read_recovery(struct fuzz_input *in)
{
    size_t bytes = ORL_RECOVERY_BYTES + 64;
    uint8_t *base = calloc(1, bytes), *region = base + 64;
    memcpy(region, "KVMFRRCV\1\0\0\5", 12);
    region[24] = 1;
    region[60] = 1;
    region[1216 + 24] = 2;
    region[1216 + 16] = 1;
    for (int i = 0; i < PATCHES && in->size; i++) {
        fuzz_patch(in, region, ORL_RECOVERY_BYTES);
    }
    struct orl_recovery r;
    if (orl_recovery_read(&r, (struct orl_mem){base, bytes}) == ORL_OK) {
        FUZZ_REQUIRE(r.session != 0 && strnlen(r.version, sizeof(r.version)) <= 48);
    }
    free(base);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    const struct orl_layout *lay =
        orl_layout_get((enum orl_release)(fuzz_u8(&in) % ORL_RELEASES));
    uint8_t mode = fuzz_u8(&in) % 3;
    const struct orl_session_info valid = {.host_version = "guest",
                                           .has_vm = true,
                                           .has_os = true,
                                           .capture = "capture",
                                           .model = "model",
                                           .os_name = "system"};
    uint8_t raw[8192];
    size_t used = orl_session_info_write(raw, sizeof(raw), lay, &valid);
    if (mode == 2) {
        read_recovery(&in);
    } else if (mode == 1) {
        size_t n =
            in.size < sizeof(raw) - lay->info_bytes ? in.size : sizeof(raw) - lay->info_bytes;
        memcpy(raw + lay->info_bytes, in.data, n);
        read_exact(lay, raw, lay->info_bytes + n);
    } else {
        for (int i = 0; i < PATCHES && in.size; i++) {
            fuzz_patch(&in, raw, used);
        }
        read_exact(lay, raw, used);
    }
    return 0;
}
