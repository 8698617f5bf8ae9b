/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A graphics card that never shows anything but black. libspice-server grants client mouse mode only
 * when there is exactly one card with a picture whose maker allows it (or an agent), so the tablet
 * needs one beside it. The callbacks come from the server's worker thread.
 */
#include "fake/blank.h"

#include <string.h>

#define WIDTH  640
#define HEIGHT 480

static uint32_t black[WIDTH * HEIGHT];

static void attached(QXLInstance *qxl)
{
    (void)qxl;
}

static void set_compression(QXLInstance *qxl, int level)
{
    (void)qxl;
    (void)level;
}

static void init_info(QXLInstance *qxl, QXLDevInitInfo *info)
{
    (void)qxl;
    memset(info, 0, sizeof(*info));
    info->memslot_gen_bits = 8;
    info->memslot_id_bits = 8;
    info->num_memslots = 2;
    info->num_memslots_groups = 2;
    info->n_surfaces = 1;
}

static int no_command(QXLInstance *qxl, struct QXLCommandExt *cmd)
{
    (void)qxl;
    (void)cmd;
    return 0;
}

static int notify_later(QXLInstance *qxl)
{
    (void)qxl;
    return 1;
}

static void release(QXLInstance *qxl, struct QXLReleaseInfoExt info)
{
    (void)qxl;
    (void)info;
}

static void updated(QXLInstance *qxl, uint32_t id)
{
    (void)qxl;
    (void)id;
}

static int flush(QXLInstance *qxl)
{
    (void)qxl;
    return 0;
}

static void completed(QXLInstance *qxl, uint64_t cookie)
{
    (void)qxl;
    (void)cookie;
}

static void area_done(QXLInstance *qxl, uint32_t surface, struct QXLRect *rects, uint32_t n)
{
    (void)qxl;
    (void)surface;
    (void)rects;
    (void)n;
}

static void client_caps(QXLInstance *qxl, uint8_t present,
                        uint8_t caps[SPICE_CAPABILITIES_SIZE])
{
    (void)qxl;
    (void)present;
    (void)caps;
}

static int monitors(QXLInstance *qxl, VDAgentMonitorsConfig *config)
{
    (void)qxl;
    (void)config;
    return 0;
}

static const QXLInterface interface = {
    .base = {SPICE_INTERFACE_QXL, "blank card", SPICE_INTERFACE_QXL_MAJOR,
             SPICE_INTERFACE_QXL_MINOR},
    .attached_worker = attached,
    .set_compression_level = set_compression,
    .get_init_info = init_info,
    .get_command = no_command,
    .req_cmd_notification = notify_later,
    .release_resource = release,
    .get_cursor_command = no_command,
    .req_cursor_notification = notify_later,
    .notify_update = updated,
    .flush_resources = flush,
    .async_complete = completed,
    .update_area_complete = area_done,
    .set_client_capabilities = client_caps,
    .client_monitors_config = monitors,
};

void fake_blank_add(struct fake *f, QXLInstance *qxl)
{
    memset(qxl, 0, sizeof(*qxl));
    qxl->base.sif = &interface.base;
    spice_server_add_interface(f->server, &qxl->base);
    /* One memory slot over everything: addresses are our own pointers. */
    QXLDevMemSlot all = {.virt_start = 0, .virt_end = UINTPTR_MAX};
    spice_qxl_add_memslot(qxl, &all);
    QXLDevSurfaceCreate surface = {
        .width = WIDTH,
        .height = HEIGHT,
        .stride = -4 * WIDTH,
        .format = SPICE_SURFACE_FMT_32_xRGB,
        .mouse_mode = 1,
        .type = QXL_SURF_TYPE_PRIMARY,
        .mem = (uintptr_t)black,
    };
    spice_qxl_create_primary_surface(qxl, 0, &surface);
}
