/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "support/check.h"
#include "support/fields.h"
#include "support/vectors.h"
#include "wire/wire.h"

static void set_cursor_pos_is_twelve_bytes_in_every_release(void **state)
{
    (void)state;
    uint8_t raw[ORL_CLIENT_BYTES];
    memset(raw, 0xee, sizeof(raw));
    assert_int_equal(orl_control_set_cursor_pos(raw, -3, INT32_MIN), 12);
    assert_int_equal(raw[12], 0xee);
    for (int r = 0; r < ORL_RELEASES; r++) {
        const struct orl_layout *lay = orl_layout_get((enum orl_release)r);
        assert_int_equal(lay->setpos_bytes, 12);
        assert_int_equal(orl_get_u32(raw + lay->setpos_type), 0);
        assert_int_equal((int32_t)orl_get_u32(raw + lay->setpos_x), -3);
        assert_int_equal((int32_t)orl_get_u32(raw + lay->setpos_y), INT32_MIN);
    }
}

static void window_size_has_the_measured_layout(void **state)
{
    (void)state;
    uint8_t raw[ORL_CLIENT_BYTES];
    struct json_object *layout = orl_layout_json();
    struct json_object *s = orl_layout_json_struct(layout, "master", "control_window_size");
    assert_int_equal(orl_control_window_size(raw, 1920, 1080), orl_json_int(s, "size"));
    assert_int_equal(orl_get_u32(raw), 1);
    int64_t w = orl_json_int(orl_layout_json_field(s, "width"), "offset");
    int64_t h = orl_json_int(orl_layout_json_field(s, "height"), "offset");
    assert_int_equal(orl_get_u32(raw + w), 1920);
    assert_int_equal(orl_get_u32(raw + h), 1080);
    json_object_put(layout);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_cursor_pos_is_twelve_bytes_in_every_release),
        cmocka_unit_test(window_size_has_the_measured_layout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
