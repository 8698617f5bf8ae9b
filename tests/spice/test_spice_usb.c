/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * USB devices and the shared folder where the virtual machine has no channel for them, and the rules
 * both are held to. With channels, and a guest behind them: tests/vm/share.py.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rig.h"
#include "spice/impl.h"
#include "spice/rules.h"
#include "spice/usb_why.h"
#include "spice/webdav.h"
#include "support/check.h"
#include "support/random.h"

static int begin(void **state)
{
    struct rig *r = calloc(1, sizeof(*r));
    rig_init(r);
    rig_serve(r, NULL);
    *state = r;
    return 0;
}

static int end(void **state)
{
    rig_finish(*state);
    free(*state);
    return 0;
}

/* ---- Rules. --------------------------------------------------------------------------------- */

static void filter_rules_are_understood_or_explained(void **state)
{
    static const char *const good[] = {"-1,-1,-1,-1,1", "0x03,-1,-1,-1,0|-1,-1,-1,-1,1",
                                       "8,0x046d,50475,0x1234,1|", "|255,65535,0xFFFF,0,0||",
                                       " 3, 1,\t2,3,1"};
    static const struct {
        const char *text, *why;
    } bad[] = {{"", "no rule"},
               {"||", "no rule"},
               {"3,1,2,3", "is not class,vendor,product,version,allow"},
               {"3,1,2,3,1,5", "is not class,vendor,product,version,allow"},
               {"-1,-1,-1,-1,1|nonsense", "'nonsense' is not"},
               {"256,-1,-1,-1,1", "class is not a number from -1 to 0xff"},
               {"-2,-1,-1,-1,1", "class is not"},
               {"3,0x10000,-1,-1,1", "vendor is not a number from -1 to 0xffff"},
               {"3,1,x,-1,1", "product is not"},
               {"3,1,,-1,1", "product is not"},
               {"3,1,1,99999999999999999999,1", "version is not"},
               {"3,1,1,1,2", "allow is not a number from 0 to 0x1"},
               {"3,1,1,1,yes", "allow is not"},
               {"3,1,1,1,", "allow is not"}};
    char why[160];
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(orl_rules_check(good[i], why, sizeof(why)));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(orl_rules_check(bad[i].text, why, sizeof(why)));
        if (!strstr(why, bad[i].why)) {
            fail_msg("'%s': '%s', not '%s'", bad[i].text, why, bad[i].why);
        }
    }
}

/* True when the library takes these rules: it keeps the old ones otherwise. */
static bool library_takes(SpiceUsbDeviceManager *manager, const char *rules)
{
    char *now = NULL;
    g_object_set(manager, "auto-connect-filter", "9,9,9,9,1", NULL);
    g_object_set(manager, "auto-connect-filter", rules, NULL);
    g_object_get(manager, "auto-connect-filter", &now, NULL);
    bool taken = now && strcmp(now, rules) == 0;
    g_free(now);
    return taken;
}

static void ignore_log(const gchar *domain, GLogLevelFlags level, const gchar *text,
                       gpointer arg)
{
    (void)domain;
    (void)level;
    (void)text;
    (void)arg;
}

/* What passes here must not be refused there, where nobody would be told. */
static void rules_that_pass_are_taken_by_the_library(void **state)
{
    static const char *const pieces[] = {
        "-1", "0", "1", "3", "0x46d", "65535", "65536",         ",",        ",", ",", ",",
        "|",  " ", "x", "-", "",      "-1,-1", "-1,-1,-1,-1,1", "0,0,0,0,0"};
    SpiceSession *session = spice_session_new();
    SpiceUsbDeviceManager *manager = spice_usb_device_manager_get(session, NULL);
    uint64_t seed = 7;
    int passed = 0;
    (void)state;
    g_log_set_default_handler(ignore_log, NULL);
    for (int i = 0; manager && i < 200000; i++) {
        char text[200] = "", why[160];
        uint32_t n = 1 + random_below(&seed, 10);
        for (uint32_t k = 0; k < n; k++) {
            const char *piece = pieces[random_below(&seed, sizeof(pieces) / sizeof(pieces[0]))];
            memcpy(text + strlen(text), piece, strlen(piece) + 1);
        }
        if (orl_rules_check(text, why, sizeof(why))) {
            passed++;
            if (!library_takes(manager, text)) {
                fail_msg("the library does not take '%s'", text);
            }
        }
    }
    g_log_set_default_handler(g_log_default_handler, NULL);
    g_object_unref(session);
    assert_true(!manager || passed > 100);
}

static void targets_outside_the_shared_folder_are_recognised(void **state)
{
    static const char *const inside[] = {"http://localhost/a",
                                         "http://localhost/",
                                         "/a/b/c",
                                         "http://[::1]:80/a%20b",
                                         "https://x/a..b/..c",
                                         "http://localhost/a/.../",
                                         "http://x/%c3%bc",
                                         ""};
    static const char *const outside[] = {"http://localhost/..",
                                          "http://localhost/../a",
                                          "http://localhost/..%2fa",
                                          "http://localhost/a/..%2F..%2fb",
                                          "http://localhost/%2e%2E%2fb",
                                          "http://localhost/%252e%252e%252fb",
                                          "http://localhost/%25252e%25252e/b",
                                          "http://localhost//etc/passwd",
                                          "http://localhost/%2fetc/passwd",
                                          "http://localhost/a%2f%2fb",
                                          "../a",
                                          "..",
                                          "/a/..",
                                          "HTTP://localhost/a",
                                          "file:///etc/passwd",
                                          "http://localhost/a%00/b",
                                          "http://localhost/a%zz",
                                          "http://localhost/a%"};
    (void)state;
    for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
        if (!orl_webdav_stays_inside(inside[i])) {
            fail_msg("'%s' is taken for outside", inside[i]);
        }
    }
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
        if (orl_webdav_stays_inside(outside[i])) {
            fail_msg("'%s' is taken for inside", outside[i]);
        }
    }
}

/* ---- Without channels. ---------------------------------------------------------------------- */

static void expect_message(struct rig *r, const char *part)
{
    struct orl_spice_note note;
    assert_true(rig_event(r, ORL_SPICE_MESSAGE, &note, RIG_MS));
    if (!strstr((const char *)note.data, part)) {
        fail_msg("it says '%s', not '%s'", (const char *)note.data, part);
    }
    free(note.data);
}

static void expect_no_message(struct rig *r, int ms)
{
    struct orl_spice_note note;
    if (rig_event(r, ORL_SPICE_MESSAGE, &note, ms)) {
        fail_msg("it says '%s'", (const char *)note.data);
    }
}

static void a_folder_that_cannot_be_shared_is_said_once(void **state)
{
    struct rig *r = *state;
    char path[128];
    snprintf(path, sizeof(path), "%s/nothing", r->dir);
    r->conf.share_dir = path;
    rig_connect(r);
    expect_message(r, "is not shared: No such file or directory");
    rig_wait(r, rig_is_ready);
    rig_kill_server(r);
    rig_wait_state(r, ORL_SPICE_WAITING);
    rig_serve(r, NULL);
    rig_wait(r, rig_is_ready);
    expect_no_message(r, 1500);
}

static void a_machine_without_channel_for_the_folder_is_told_of(void **state)
{
    struct rig *r = *state;
    r->conf.share_dir = r->dir;
    rig_connect(r);
    expect_message(r, "has no channel org.spice-space.webdav.0");
    assert_int_equal(r->status.has & ORL_SPICE_HAS_SHARE, 0);
    expect_no_message(r, 500);
}

static void wrong_usb_rules_are_said_once_each(void **state)
{
    struct rig *r = *state;
    r->conf.usb = true;
    r->conf.usb_auto_filter = "all";
    r->conf.usb_redirect_filter = "-1,-1,-1,-1,7";
    rig_connect(r);
    expect_message(r, "spice:usbAutoFilter is ignored: 'all' is not class,vendor,product");
    expect_message(r, "spice:usbRedirectFilter is ignored: in '-1,-1,-1,-1,7', allow is not");
    rig_wait(r, rig_is_ready);
    rig_kill_server(r);
    rig_wait_state(r, ORL_SPICE_WAITING);
    rig_serve(r, NULL);
    rig_wait(r, rig_is_ready);
    expect_no_message(r, 500);
}

static void expect_why(GQuark domain, int code, const char *message, const char *want)
{
    const struct orl_spice_usb device = {.id = 3 * 256 + 7, .vendor = 0x46d, .product = 0xc52b};
    char why[256];
    GError *error = g_error_new_literal(domain, code, message);
    orl_usb_why(&device, error, why, sizeof(why));
    assert_string_equal(why, want);
    g_error_free(error);
}

static void a_missing_permission_is_named_with_what_gives_it(void **state)
{
    GQuark spice = g_quark_from_string("spice-client-error-quark");
    (void)state;
    expect_why(
        G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT, "Failed to execute child process",
        "046d:c52b cannot be opened: spice-client-glib-usb-acl-helper, which gives access "
        "to /dev/bus/usb/003/007, is not installed. Install the package of that name, and "
        "polkit.");
    expect_why(
        spice, 0, "Error setting USB device node ACL: 'Not authorized'",
        "046d:c52b cannot be opened (Not authorized). To open /dev/bus/usb/003/007, polkit "
        "must allow you org.spice-space.lowlevelusbaccess.");
    expect_why(spice, 0, "Unexpected EOF reading from acl helper stdout",
               "046d:c52b cannot be opened (Unexpected EOF reading from acl helper stdout). To "
               "open /dev/bus/usb/003/007, polkit must allow you "
               "org.spice-space.lowlevelusbaccess.");
    expect_why(spice, 0, "Error libusb_open: Access denied [-3]",
               "046d:c52b cannot be opened (permission denied). You need write access to "
               "/dev/bus/usb/003/007: by a udev rule, or by the file's group.");
    expect_why(spice, 0, "Error libusb_open: No such device [-4]",
               "Error libusb_open: No such device [-4]");
    expect_why(G_IO_ERROR, G_IO_ERROR_CANCELLED, "Setting USB device node ACL cancelled",
               "046d:c52b: cancelled");
    expect_why(spice, 0, "There are no free USB channels", "There are no free USB channels");
    char why[256];
    char long_text[1000];
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    memcpy(long_text, "ACL", 3);
    GError *error = g_error_new_literal(spice, 0, long_text);
    const struct orl_spice_usb device = {.id = UINT64_MAX, .vendor = 1, .product = 2};
    orl_usb_why(&device, error, why, sizeof(why));
    assert_non_null(strstr(why, "polkit must allow you org.spice-space.lowlevelusbaccess."));
    g_error_free(error);
}

/* A drive of the library's own, on the session's thread. */
struct plug {
    struct rig *r;
    char file[128];
};

static gboolean plug(gpointer arg)
{
    struct plug *p = arg;
    SpiceUsbDeviceManager *manager = spice_usb_device_manager_get(p->r->spice->t.session, NULL);
    if (manager) {
        (void)spice_usb_device_manager_create_shared_cd_device(manager, p->file, NULL);
    }
    return G_SOURCE_REMOVE;
}

static void expect_result(struct rig *r, uint64_t id, uint32_t connect, const char *why)
{
    struct orl_spice_note note;
    rig_request(r, ORL_SPICE_USB_SET, connect, 0, id, NULL, 0);
    assert_true(rig_event(r, ORL_SPICE_USB_RESULT, &note, RIG_MS));
    assert_true(note.id == id);
    assert_int_equal(note.a, 0);
    if (why) {
        assert_non_null(note.data);
        assert_non_null(strstr((const char *)note.data, why));
    } else {
        assert_null(note.data);
    }
    free(note.data);
}

static void devices_are_listed_and_a_machine_without_channel_is_the_reason(void **state)
{
    struct rig *r = *state;
    struct plug p = {.r = r};
    struct orl_spice_note note = {0};
    struct orl_spice_usb usb;
    r->conf.usb = true;
    rig_connect(r);
    rig_wait(r, rig_is_ready);
    rig_request(r, ORL_SPICE_USB_LIST, 0, 0, 0, NULL, 0);
    assert_true(rig_event(r, ORL_SPICE_USB_DEVICES, &note, RIG_MS));
    free(note.data);
    if (note.len > 0) {
        skip(); /* the machine that runs this has devices of its own */
    }
    snprintf(p.file, sizeof(p.file), "%s/a disc", r->dir);
    FILE *f = fopen(p.file, "wb");
    assert_non_null(f);
    assert_int_equal(ftruncate(fileno(f), 409600), 0);
    fclose(f);
    g_idle_add(plug, &p);
    assert_true(rig_event(r, ORL_SPICE_USB_DEVICES, &note, RIG_MS)); /* unasked */
    assert_int_equal(note.len, sizeof(usb));
    memcpy(&usb, note.data, sizeof(usb));
    free(note.data);
    assert_non_null(strstr(usb.name, "a disc"));
    assert_false(usb.connected);
    assert_false(usb.allowed);
    assert_int_equal(r->status.has & ORL_SPICE_HAS_USB, 0);
    expect_result(r, usb.id, 1, "not configured for USB redirection");
    expect_result(r, usb.id, 0, NULL);
    expect_result(r, usb.id + 1, 1, "no longer there");
    /* The session ends: so does the list. */
    rig_kill_server(r);
    assert_true(rig_event(r, ORL_SPICE_USB_DEVICES, &note, RIG_MS));
    assert_int_equal(note.len, 0);
    free(note.data);
    rig_wait_state(r, ORL_SPICE_WAITING);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filter_rules_are_understood_or_explained),
        cmocka_unit_test(rules_that_pass_are_taken_by_the_library),
        cmocka_unit_test(targets_outside_the_shared_folder_are_recognised),
        cmocka_unit_test(a_missing_permission_is_named_with_what_gives_it),
        TEST(a_folder_that_cannot_be_shared_is_said_once),
        TEST(a_machine_without_channel_for_the_folder_is_told_of),
        TEST(wrong_usb_rules_are_said_once_each),
        TEST(devices_are_listed_and_a_machine_without_channel_is_the_reason),
    };
    return cmocka_run_group_tests_name("spice_usb", tests, NULL, NULL);
}
