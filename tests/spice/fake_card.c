/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 *   orl_fake_card PATH
 *
 * A SPICE server on a Unix socket with nothing but a graphics card, for what no QEMU without a guest
 * driver shows: pointers, 16-bit surfaces, several heads, pictures in GPU buffers. Says "ready"
 * when it listens and "done" after each line of standard input:
 *   mode W H FORMAT        a new primary surface; pixel number i of it holds i * 40503 (see tests)
 *   heads X Y W H ...      monitors on that surface
 *   gone                   no surface any more
 *   cursor TYPE W H HX HY X Y   a visible pointer; byte number i of its data is i * 7 + 1
 *   move X Y    hide
 *   gl W H FOURCC TOP      a picture in a buffer, pixels as in mode; FOURCC as a number, TOP 1 or 0
 *   gl-draw X Y W H        the card has drawn there
 *   gl-end                 no such buffer any more
 * Says "gl drawn" when a client has answered a picture in a GPU buffer.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <glib-unix.h>
#include <spice/qxl_dev.h>

#include "fake/core.h"

#define HEADS_MAX 4

static struct {
    struct fake fake;
    QXLInstance qxl;
    GAsyncQueue *cursor_commands; /* QXLCursorCmd, taken by the worker thread */
    uint8_t *surface;             /* NULL: none */
    GMainLoop *loop;
} card;

/* ---- What the worker thread asks ------------------------------------------------------------ */

static void attached_worker(QXLInstance *qxl)
{
    (void)qxl;
}

static void set_compression_level(QXLInstance *qxl, int level)
{
    (void)qxl;
    (void)level;
}

static void get_init_info(QXLInstance *qxl, QXLDevInitInfo *info)
{
    (void)qxl;
    memset(info, 0, sizeof(*info));
    info->num_memslots = 1;
    info->num_memslots_groups = 1;
    info->memslot_id_bits = 1;
    info->memslot_gen_bits = 1;
    info->n_surfaces = 1;
}

static int get_command(QXLInstance *qxl, struct QXLCommandExt *cmd)
{
    (void)qxl;
    (void)cmd;
    return 0;
}

static int req_notification(QXLInstance *qxl)
{
    (void)qxl;
    return 1;
}

static int get_cursor_command(QXLInstance *qxl, struct QXLCommandExt *cmd)
{
    (void)qxl;
    QXLCursorCmd *c = g_async_queue_try_pop(card.cursor_commands);
    if (!c) {
        return 0;
    }
    memset(cmd, 0, sizeof(*cmd));
    cmd->cmd.data = (uintptr_t)c;
    cmd->cmd.type = QXL_CMD_CURSOR;
    return 1;
}

static void release_resource(QXLInstance *qxl, struct QXLReleaseInfoExt info)
{
    (void)qxl;
    (void)info; /* a few small commands; they live as long as the process */
}

static void notify_update(QXLInstance *qxl, uint32_t id)
{
    (void)qxl;
    (void)id;
}

static int flush_resources(QXLInstance *qxl)
{
    (void)qxl;
    return 0;
}

static void async_complete(QXLInstance *qxl, uint64_t cookie)
{
    (void)qxl;
    if (cookie == 1) {
        fake_say("gl drawn");
    }
}

static void update_area_complete(QXLInstance *qxl, uint32_t surface, struct QXLRect *rects,
                                 uint32_t n)
{
    (void)qxl;
    (void)surface;
    (void)rects;
    (void)n;
}

static const QXLInterface interface = {
    .base = {SPICE_INTERFACE_QXL, "fake card", SPICE_INTERFACE_QXL_MAJOR,
             SPICE_INTERFACE_QXL_MINOR},
    .attached_worker = attached_worker,
    .set_compression_level = set_compression_level,
    .get_init_info = get_init_info,
    .get_command = get_command,
    .req_cmd_notification = req_notification,
    .release_resource = release_resource,
    .get_cursor_command = get_cursor_command,
    .req_cursor_notification = req_notification,
    .notify_update = notify_update,
    .flush_resources = flush_resources,
    .async_complete = async_complete,
    .update_area_complete = update_area_complete,
};

/* ---- Commands ------------------------------------------------------------------------------- */

static void remove_surface(void)
{
    if (card.surface) {
        spice_qxl_destroy_primary_surface(&card.qxl, 0);
        free(card.surface);
        card.surface = NULL;
    }
}

static void set_mode(uint32_t w, uint32_t h, uint32_t format)
{
    uint32_t bytes = format == 32 || format == 96 ? 4 : 2;
    remove_surface();
    card.surface = calloc((size_t)w * h, bytes);
    for (uint32_t i = 0; i < w * h; i++) {
        uint32_t px = i * 40503u;
        memcpy(card.surface + (size_t)i * bytes, &px,
               bytes); /* little endian: the lower half */
    }
    QXLDevSurfaceCreate create = {.width = w,
                                  .height = h,
                                  .stride = (int32_t)(w * bytes),
                                  .format = format,
                                  .mouse_mode = 1,
                                  .flags = QXL_SURF_FLAG_KEEP_DATA,
                                  .type = QXL_SURF_TYPE_PRIMARY,
                                  .mem = (uintptr_t)card.surface};
    spice_qxl_create_primary_surface(&card.qxl, 0, &create);
}

static void set_heads(const char *args)
{
    QXLMonitorsConfig *config =
        calloc(1, sizeof(*config) + HEADS_MAX * sizeof(config->heads[0]));
    int used = 0;
    uint32_t x, y, w, h;
    while (config->count < HEADS_MAX &&
           sscanf(args, "%u %u %u %u%n", &x, &y, &w, &h, &used) == 4) {
        config->heads[config->count] =
            (QXLHead){.id = config->count, .x = x, .y = y, .width = w, .height = h};
        config->count++;
        args += used;
    }
    config->max_allowed = HEADS_MAX;
    spice_qxl_monitors_config_async(&card.qxl, (uintptr_t)config, 0, 0);
}

static void push_cursor(QXLCursorCmd *cmd)
{
    g_async_queue_push(card.cursor_commands, cmd);
    spice_qxl_wakeup(&card.qxl);
}

static void set_cursor(const char *args)
{
    static uint64_t unique;
    unsigned type, w, h, hot_x, hot_y;
    int x, y;
    if (sscanf(args, "%u %u %u %u %u %d %d", &type, &w, &h, &hot_x, &hot_y, &x, &y) != 7) {
        return;
    }
    uint32_t bytes = type == SPICE_CURSOR_TYPE_MONO ? (w + 7) / 8 * h * 2 : w * h * 4;
    QXLCursor *shape = calloc(1, sizeof(*shape) + bytes);
    shape->header = (QXLCursorHeader){.unique = ++unique,
                                      .type = (uint16_t)type,
                                      .width = (uint16_t)w,
                                      .height = (uint16_t)h,
                                      .hot_spot_x = (uint16_t)hot_x,
                                      .hot_spot_y = (uint16_t)hot_y};
    shape->data_size = bytes;
    shape->chunk.data_size = bytes;
    for (uint32_t i = 0; i < bytes; i++) {
        shape->chunk.data[i] = (uint8_t)(i * 7 + 1);
    }
    QXLCursorCmd *cmd = calloc(1, sizeof(*cmd));
    cmd->type = QXL_CURSOR_SET;
    cmd->u.set.visible = 1;
    cmd->u.set.position = (QXLPoint16){(int16_t)x, (int16_t)y};
    cmd->u.set.shape = (uintptr_t)shape;
    push_cursor(cmd);
}

static void change_cursor(uint8_t type, int x, int y)
{
    QXLCursorCmd *cmd = calloc(1, sizeof(*cmd));
    cmd->type = type;
    if (type == QXL_CURSOR_MOVE) {
        cmd->u.position = (QXLPoint16){(int16_t)x, (int16_t)y};
    }
    push_cursor(cmd);
}

/* Not a GPU's buffer, but the server only hands it on. The library closes the descriptor. */
static void show_gl(uint32_t w, uint32_t h, uint32_t fourcc, int top_down)
{
    size_t bytes = (size_t)w * h * 4;
    int fd = memfd_create("gl", MFD_CLOEXEC);
    uint32_t *px = MAP_FAILED;
    if (fd >= 0 && bytes > 0 && ftruncate(fd, (off_t)bytes) == 0) {
        px = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    }
    if (px == MAP_FAILED) {
        fake_say("no memory");
        return;
    }
    for (uint32_t i = 0; i < w * h; i++) {
        px[i] = i * 40503u;
    }
    munmap(px, bytes);
    spice_qxl_gl_scanout(&card.qxl, fd, w, h, w * 4, fourcc, top_down);
}

static void obey(const char *line)
{
    unsigned a, b, c, d;
    int x, y;
    if (sscanf(line, "mode %u %u %u", &a, &b, &c) == 3) {
        set_mode(a, b, c);
    } else if (strncmp(line, "heads ", 6) == 0) {
        set_heads(line + 6);
    } else if (strcmp(line, "gone") == 0) {
        remove_surface();
    } else if (strncmp(line, "cursor ", 7) == 0) {
        set_cursor(line + 7);
    } else if (sscanf(line, "move %d %d", &x, &y) == 2) {
        change_cursor(QXL_CURSOR_MOVE, x, y);
    } else if (strcmp(line, "hide") == 0) {
        change_cursor(QXL_CURSOR_HIDE, 0, 0);
    } else if (sscanf(line, "gl %u %u %u %d", &a, &b, &c, &x) == 4) {
        show_gl(a, b, c, x);
    } else if (sscanf(line, "gl-draw %u %u %u %u", &a, &b, &c, &d) == 4) {
        spice_qxl_gl_draw_async(&card.qxl, a, b, c, d, 1);
    } else if (strcmp(line, "gl-end") == 0) {
        spice_qxl_gl_scanout(&card.qxl, -1, 0, 0, 0, 0, 0);
    } else {
        fake_say("unknown %s", line);
    }
    fake_say("done");
}

static gboolean on_stdin(gint fd, GIOCondition condition, gpointer arg)
{
    char line[512];
    (void)fd;
    (void)condition;
    (void)arg;
    if (!fgets(line, sizeof(line), stdin)) {
        g_main_loop_quit(card.loop);
        return G_SOURCE_REMOVE;
    }
    line[strcspn(line, "\n")] = '\0';
    obey(line);
    return G_SOURCE_CONTINUE;
}

int main(int argc, char **argv)
{
    QXLDevMemSlot everything = {.virt_end = UINTPTR_MAX};
    if (argc != 2) {
        return EXIT_FAILURE;
    }
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdin, NULL, _IONBF, 0); /* a line in the buffer would not wake the loop */
    card.cursor_commands = g_async_queue_new();
    card.fake.server = spice_server_new();
    spice_server_set_addr(card.fake.server, argv[1], SPICE_ADDR_FLAG_UNIX_ONLY);
    spice_server_set_noauth(card.fake.server);
    fake_core_fill(&card.fake.core);
    card.qxl.base.sif = &interface.base;
    if (spice_server_init(card.fake.server, &card.fake.core) != 0 ||
        spice_server_add_interface(card.fake.server, &card.qxl.base) != 0) {
        return EXIT_FAILURE;
    }
    spice_qxl_add_memslot(&card.qxl, &everything);
    spice_server_vm_start(card.fake.server);
    card.loop = g_main_loop_new(NULL, FALSE);
    g_unix_fd_add(0, G_IO_IN | G_IO_HUP, on_stdin, NULL);
    fake_say("ready");
    g_main_loop_run(card.loop);
    return EXIT_SUCCESS;
}
