/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cfloat>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <imgui.h>

#include "osd/gui.h"

namespace
{

/* At scale 1, window pixels. */
constexpr float TEXT = 15, MARGIN = 10, PAD = 8, ROUNDING = 6, GAP = 4;
constexpr float STATUS_WIDTH = 560, ALERT_WIDTH = 640;
constexpr float DEFAULT_TEXT = 13; /* the size the built-in font is drawn for */
constexpr long FONT_FILE_MAX = 8 << 20;

constexpr ImU32 CARD = IM_COL32(18, 20, 26, 214);
constexpr ImU32 HELP_CARD = IM_COL32(18, 20, 26, 244);
constexpr ImU32 EDGE = IM_COL32(255, 255, 255, 26);
constexpr ImU32 ALERT_CARD = IM_COL32(28, 58, 104, 230);
constexpr ImU32 BRIGHT = IM_COL32(240, 242, 245, 255);
constexpr ImU32 SOFT = IM_COL32(182, 188, 198, 255);
constexpr ImU32 FIELD = IM_COL32(255, 255, 255, 34);
constexpr ImU32 RECORDING = IM_COL32(235, 60, 60, 255);
constexpr ImU32 KEY = IM_COL32(140, 190, 255, 255);
constexpr ImU32 GRAPH_FIELD = IM_COL32(255, 255, 255, 20);
constexpr ImU32 GRAPH_BAND = IM_COL32(70, 110, 175, 255);
constexpr ImU32 GRAPH_MEAN = IM_COL32(190, 220, 255, 255);
constexpr ImU32 GRAPH_OVER = IM_COL32(255, 176, 64, 255);

/* What desktops have; none of them is needed. */
const char *const FONTS[] = {
    "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/google-noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/TTF/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
    "/usr/share/fonts/liberation/LiberationSans-Regular.ttf",
};

/* Latin, Greek, Cyrillic, punctuation, arrows; pairs, first to last. */
const ImWchar RANGES[] = {0x0020, 0x017f, 0x0370, 0x03ff, 0x0400, 0x045f,
                          0x2010, 0x2027, 0x2190, 0x2193, 0};

static_assert(sizeof(orl_vertex) == sizeof(ImDrawVert) &&
                  offsetof(orl_vertex, u) == offsetof(ImDrawVert, uv) &&
                  offsetof(orl_vertex, rgba) == offsetof(ImDrawVert, col) &&
                  sizeof(ImDrawIdx) == sizeof(uint16_t),
              "vertices and indices are copied as they are");

} // namespace

struct orl_osd_gui {
    ImGuiContext *context;
    float scale; /* of the loaded font; 0 = none */
    uint64_t atlas_serial;
    ImVector<orl_vertex> vertices;
    ImVector<uint16_t> indices;
    ImVector<orl_draw_cmd> cmds;
};

namespace
{

/* The whole file in memory of ImGui's allocator; NULL when it cannot be read. */
void *read_file(const char *path, int *size)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        return nullptr;
    }
    void *data = nullptr;
    long n = fseek(f, 0, SEEK_END) == 0 ? ftell(f) : 0;
    if (n > 0 && n <= FONT_FILE_MAX && fseek(f, 0, SEEK_SET) == 0) {
        data = ImGui::MemAlloc(static_cast<size_t>(n));
        if (data && fread(data, 1, static_cast<size_t>(n), f) != static_cast<size_t>(n)) {
            ImGui::MemFree(data);
            data = nullptr;
        }
        *size = static_cast<int>(n);
    }
    fclose(f);
    return data;
}

void load_font(orl_osd_gui *gui, float scale)
{
    ImFontAtlas *atlas = ImGui::GetIO().Fonts;
    atlas->Clear();
    ImFont *font = nullptr;
    for (const char *path : FONTS) {
        int size = 0;
        void *data = read_file(path, &size);
        if (data) {
            font =
                atlas->AddFontFromMemoryTTF(data, size, roundf(TEXT * scale), nullptr, RANGES);
            break;
        }
    }
    if (!font) {
        ImFontConfig config;
        config.SizePixels = roundf(DEFAULT_TEXT * scale);
        atlas->AddFontDefault(&config);
    }
    unsigned char *pixels = nullptr;
    int w = 0, h = 0;
    atlas->GetTexDataAsAlpha8(&pixels, &w, &h); /* builds; kept by the atlas */
    gui->scale = scale;
    gui->atlas_serial++;
}

uint32_t to_pixel(float v, float most)
{
    return static_cast<uint32_t>(fminf(fmaxf(v, 0), most));
}

/* Whole pixels around [x0, x1) x [y0, y1), cut to the window. */
orl_rect cover(float x0, float y0, float x1, float y1, ImVec2 window)
{
    orl_rect r = {to_pixel(floorf(x0), window.x), to_pixel(floorf(y0), window.y), 0, 0};
    r.w = to_pixel(ceilf(x1), window.x) - r.x;
    r.h = to_pixel(ceilf(y1), window.y) - r.y;
    return r;
}

struct canvas {
    ImDrawList *list;
    ImFont *font;
    float w, h, scale;
};

ImVec2 measure(const canvas &c, const char *text, float size, float wrap)
{
    ImVec2 s = c.font->CalcTextSizeA(size, FLT_MAX, wrap, text);
    return ImVec2(ceilf(s.x), ceilf(s.y));
}

void put_text(const canvas &c, float x, float y, ImU32 color, const char *text, float size,
              float wrap)
{
    c.list->AddText(c.font, size, ImVec2(x, y), color, text, nullptr, wrap);
}

void put_card(const canvas &c, float x, float y, float w, float h, ImU32 color)
{
    const ImVec2 a(x, y), b(x + w, y + h);
    c.list->AddRectFilled(a, b, color, ROUNDING * c.scale);
    c.list->AddRect(a, b, EDGE, ROUNDING * c.scale);
}

float text_size(const canvas &c)
{
    return c.font->FontSize;
}

/* Room for wrapped text in a card that may be `most` wide at scale 1. */
float wrap_width(const canvas &c, float most)
{
    return fmaxf(fminf(most * c.scale, c.w - 2 * (MARGIN + PAD) * c.scale), 1);
}

/* Returns where it begins; the window's end when there is none. */
float put_status(const canvas &c, const orl_osd_panels &p)
{
    if (!p.status[0] && !p.hint[0]) {
        return c.h;
    }
    const float size = text_size(c), wrap = wrap_width(c, STATUS_WIDTH), pad = PAD * c.scale;
    ImVec2 head = p.status[0] ? measure(c, p.status, size, wrap) : ImVec2(0, 0);
    ImVec2 body = p.hint[0] ? measure(c, p.hint, size, wrap) : ImVec2(0, 0);
    float gap = p.status[0] && p.hint[0] ? roundf(GAP * c.scale) : 0;
    float w = fmaxf(head.x, body.x) + 2 * pad, h = head.y + gap + body.y + 2 * pad;
    float x = MARGIN * c.scale, y = roundf(c.h - MARGIN * c.scale - h);
    y = fmaxf(y, 0);
    put_card(c, x, y, w, h, CARD);
    put_text(c, x + pad, y + pad, BRIGHT, p.status, size, wrap);
    put_text(c, x + pad, y + pad + head.y + gap, SOFT, p.hint, size, wrap);
    return y;
}

void put_alert(const canvas &c, const orl_osd_panels &p)
{
    if (!p.alert[0]) {
        return;
    }
    const float size = text_size(c), wrap = wrap_width(c, ALERT_WIDTH), pad = PAD * c.scale;
    ImVec2 s = measure(c, p.alert, size, wrap);
    float w = s.x + 4 * pad, h = s.y + 2 * pad;
    float x = roundf((c.w - w) / 2), y = MARGIN * c.scale;
    put_card(c, x, y, w, h, ALERT_CARD);
    put_text(c, x + 2 * pad, y + pad, BRIGHT, p.alert, size, wrap);
}

void put_rate(const canvas &c, const orl_osd_panels &p)
{
    if (!p.rate[0]) {
        return;
    }
    const float size = text_size(c), pad = roundf(PAD * c.scale / 2);
    ImVec2 s = measure(c, p.rate, size, 0);
    const float corner = MARGIN * c.scale;
    put_card(c, corner, corner, s.x + 4 * pad, s.y + 2 * pad, CARD);
    put_text(c, corner + 2 * pad, corner + pad, BRIGHT, p.rate, size, 0);
}

struct table {
    uint32_t groups, per_group; /* groups of rows side by side */
    float size, row, key_w, text_w, pad, w, h;
};

table lay_table(const canvas &c, const orl_osd_panels &p, float size, uint32_t groups)
{
    table t = {};
    t.groups = groups;
    t.per_group = (p.help_rows + groups - 1) / groups;
    t.size = size;
    t.row = roundf(size * 1.4f);
    t.pad = roundf(size);
    for (uint32_t i = 0; i < p.help_rows; i++) {
        t.key_w = fmaxf(t.key_w, measure(c, p.help[i].key, size, 0).x);
        t.text_w = fmaxf(t.text_w, measure(c, p.help[i].text, size, 0).x);
    }
    t.w = static_cast<float>(groups) * (t.key_w + t.text_w + 2 * t.pad) + t.pad;
    t.h = static_cast<float>(t.per_group - 1) * t.row + size + 2 * t.pad;
    return t;
}

/* One column of rows, else two, else two of a smaller size: help must fit into any window. */
table fit_table(const canvas &c, const orl_osd_panels &p)
{
    const float room_w = c.w - MARGIN * c.scale, room_h = c.h - MARGIN * c.scale;
    table t = lay_table(c, p, text_size(c), 1);
    if (t.h > room_h) {
        table two = lay_table(c, p, text_size(c), 2);
        t = two.w <= room_w || two.h > room_h ? two : t;
    }
    float shrink = fminf(room_w / t.w, room_h / t.h);
    if (shrink < 1) {
        t = lay_table(c, p, fmaxf(floorf(t.size * shrink), 5), t.groups);
    }
    return t;
}

void put_help(const canvas &c, const orl_osd_panels &p)
{
    if (!p.help_rows) {
        return;
    }
    const table t = fit_table(c, p);
    const float x0 = fmaxf(roundf((c.w - t.w) / 2), 0), y0 = fmaxf(roundf((c.h - t.h) / 2), 0);
    put_card(c, x0, y0, t.w, t.h, HELP_CARD);
    for (uint32_t i = 0; i < p.help_rows; i++) {
        const float group = static_cast<float>(i / t.per_group);
        const float x = x0 + t.pad + group * (t.key_w + t.text_w + 2 * t.pad);
        const float y = y0 + t.pad + static_cast<float>(i % t.per_group) * t.row;
        put_text(c, x, y, KEY, p.help[i].key, t.size, 0);
        put_text(c, x + t.key_w + t.pad, y, BRIGHT, p.help[i].text, t.size, 0);
    }
}

/*
 * Small cards in a column at the lower right corner, from the bottom up. Returns the point right
 * below and left of which nothing stands.
 */
ImVec2 put_corner(const canvas &c, const orl_osd_panels &p)
{
    ImVec2 reach(c.w, c.h);
    const float size = text_size(c), pad = roundf(PAD * c.scale / 2), gap = GAP * c.scale;
    const float wrap = wrap_width(c, STATUS_WIDTH);
    float bottom = c.h - MARGIN * c.scale;
    for (uint32_t i = 0; i < p.transfers; i++) {
        char line[128];
        snprintf(line, sizeof(line), "%s  %u %%", p.transfer[i].name, p.transfer[i].percent);
        const ImVec2 s = measure(c, line, size, 0);
        const float bar = roundf(4 * c.scale);
        const float w = s.x + 4 * pad, h = s.y + 3 * pad + bar;
        const float x = roundf(c.w - MARGIN * c.scale - w), y = roundf(bottom - h);
        const float done = (w - 4 * pad) * static_cast<float>(p.transfer[i].percent) / 100;
        put_card(c, x, y, w, h, CARD);
        put_text(c, x + 2 * pad, y + pad, BRIGHT, line, size, 0);
        const float top = y + 2 * pad + s.y;
        c.list->AddRectFilled(ImVec2(x + 2 * pad, top), ImVec2(x + w - 2 * pad, top + bar),
                              EDGE);
        c.list->AddRectFilled(ImVec2(x + 2 * pad, top), ImVec2(x + 2 * pad + done, top + bar),
                              KEY);
        reach = ImVec2(fminf(reach.x, x), y);
        bottom = y - gap;
    }
    if (p.link[0]) {
        const ImVec2 s = measure(c, p.link, size, wrap);
        const float w = s.x + 4 * pad, h = s.y + 2 * pad;
        const float x = roundf(c.w - MARGIN * c.scale - w), y = roundf(bottom - h);
        put_card(c, x, y, w, h, CARD);
        put_text(c, x + 2 * pad, y + pad, SOFT, p.link, size, wrap);
        reach = ImVec2(fminf(reach.x, x), y);
    }
    return reach;
}

void put_right(const canvas &c, float right, float y, ImU32 color, const char *text, float size)
{
    put_text(c, right - measure(c, text, size, 0).x, y, color, text, size, 0);
}

/* Lower left, above a status and above what it would meet in the lower right corner. */
orl_osd_graph_layout lay_graphs(const canvas &c, const orl_osd_panels &p, float bottom,
                                ImVec2 corner)
{
    const float size = text_size(c), margin = MARGIN * c.scale, gap = GAP * c.scale;
    orl_osd_graph_words words = {measure(c, "Interval", size, 0).x / size,
                                 measure(c, "0000s", size, 0).x / size,
                                 measure(c, "0000s", size, 0).x / size};
    for (uint32_t i = 0; i < p.graphs.rows; i++) {
        words.name = fmaxf(words.name, measure(c, p.graphs.row[i].name, size, 0).x / size);
    }
    /* The line at the top is the rate's and the alerts'. */
    orl_osd_graph_room room = {roundf(margin),
                               ceilf(margin + size + PAD * c.scale + gap),
                               floorf(c.w - margin),
                               roundf(bottom < c.h ? bottom - gap : c.h - margin),
                               c.scale,
                               size};
    orl_osd_graph_layout l = orl_osd_graphs_lay(&p.graphs, &words, &room);
    if (l.x + l.w + gap > corner.x && room.bottom > corner.y - gap) {
        room.bottom = roundf(corner.y - gap);
        l = orl_osd_graphs_lay(&p.graphs, &words, &room);
    }
    return l;
}

void put_graph(const canvas &c, const orl_osd_graph_panel &p, const orl_osd_graph_layout &l,
               uint32_t place)
{
    static const ImU32 inks[] = {GRAPH_FIELD, GRAPH_BAND, GRAPH_MEAN, GRAPH_OVER};
    static const ImU32 tones[] = {BRIGHT, SOFT, SOFT};
    const orl_osd_graph_row &row = p.row[l.row[place]];
    const float y = l.row_y + static_cast<float>(place) * l.step, text_y = y + l.text_dy;
    put_text(c, l.name_x, text_y, BRIGHT, row.name, l.text, 0);
    for (int i = 0; i < 3; i++) {
        put_right(c, l.figure_x[i], text_y, tones[i], row.figure[i], l.text);
    }
    put_text(c, l.top_x, fminf(y, text_y), SOFT, row.top, l.text, 0); /* at its height */
    orl_osd_box boxes[ORL_OSD_BOXES];
    const uint32_t n = orl_osd_graphs_boxes(&p, &l, place, boxes);
    for (uint32_t i = 0; i < n; i++) {
        const orl_osd_box &b = boxes[i];
        c.list->AddRectFilled(ImVec2(b.x0, b.y0), ImVec2(b.x1, b.y1), inks[b.ink]);
    }
}

/* Returns what they cover. */
orl_rect put_graphs(const canvas &c, const orl_osd_panels &p, float bottom, ImVec2 corner)
{
    static const char *const heads[] = {"p50", "p99", "max"};
    if (!p.graphs.shown) {
        return {0, 0, 0, 0};
    }
    const orl_osd_graph_layout l = lay_graphs(c, p, bottom, corner);
    if (!(l.w > 0)) {
        return {0, 0, 0, 0};
    }
    char span[32];
    snprintf(span, sizeof(span), "last %.3g s",
             static_cast<double>(l.columns) * p.graphs.column_ms / 1000);
    put_card(c, l.x, l.y, l.w, l.h, HELP_CARD);
    put_text(c, l.name_x, l.head_y, SOFT, "ms", l.text, 0);
    for (int i = 0; i < 3; i++) {
        put_right(c, l.figure_x[i], l.head_y, SOFT, heads[i], l.text);
    }
    put_text(c, l.graph_x, l.head_y, SOFT, span, l.text, 0);
    for (uint32_t i = 0; i < l.rows; i++) {
        put_graph(c, p.graphs, l, i);
    }
    return cover(l.x - 1, l.y - 1, l.x + l.w + 1, l.y + l.h + 1, ImVec2(c.w, c.h));
}

void put_sign(const canvas &c, const orl_osd_panels &p)
{
    if (!p.sign[0]) {
        return;
    }
    const float size = text_size(c), pad = roundf(PAD * c.scale / 2);
    const float wrap = wrap_width(c, STATUS_WIDTH), left = p.dot ? 3 * pad + size : 2 * pad;
    const ImVec2 s = measure(c, p.sign, size, wrap);
    const float w = left + s.x + 2 * pad, h = s.y + 2 * pad;
    const float x = roundf(c.w - MARGIN * c.scale - w), y = MARGIN * c.scale;
    put_card(c, x, y, w, h, CARD);
    if (p.dot) {
        c.list->AddCircleFilled(ImVec2(x + 2 * pad + size / 2, y + h / 2), size / 3, RECORDING);
    }
    put_text(c, x + left, y + pad, BRIGHT, p.sign, size, wrap);
}

/* Returns where the next thing comes. Beside a longer list a bar says which part of it this is. */
float put_rows(const canvas &c, const orl_osd_dialog &d, float x, float y, float w)
{
    const float size = text_size(c), gap = roundf(size / 2), row = roundf(size * 1.5f);
    const float top = y, bar = roundf(4 * c.scale);
    for (uint32_t i = 0; i < d.rows; i++) {
        if (i == d.selected) {
            c.list->AddRectFilled(ImVec2(x, y), ImVec2(x + w, y + row), FIELD,
                                  ROUNDING * c.scale / 2);
        }
        put_text(c, x + gap, y + roundf((row - size) / 2), BRIGHT, d.row[i], size, 0);
        y += row;
    }
    if (d.total > d.rows) {
        const float each = (y - top) / static_cast<float>(d.total);
        const float from = roundf(top + each * static_cast<float>(d.first));
        const float to = roundf(from + each * static_cast<float>(d.rows));
        c.list->AddRectFilled(ImVec2(x + w, top), ImVec2(x + w + bar, y), EDGE);
        c.list->AddRectFilled(ImVec2(x + w, from), ImVec2(x + w + bar, to), KEY);
    }
    return d.rows ? y + gap : y;
}

void put_dialog(const canvas &c, const orl_osd_panels &p)
{
    const orl_osd_dialog &d = p.dialog;
    if (!d.title[0]) {
        return;
    }
    const float size = text_size(c), pad = roundf(PAD * c.scale * 1.5f), gap = roundf(size / 2);
    const float row = roundf(size * 1.5f), wrap = wrap_width(c, STATUS_WIDTH);
    const ImVec2 title = measure(c, d.title, size, wrap), text = measure(c, d.text, size, wrap);
    const ImVec2 keys = measure(c, d.keys, size, wrap), entry = measure(c, d.entry, size, 0);
    float w = fmaxf(fmaxf(title.x, text.x), fmaxf(keys.x, 300 * c.scale));
    for (uint32_t i = 0; i < d.rows; i++) {
        w = fmaxf(w, measure(c, d.row[i], size, 0).x + 2 * gap);
    }
    w = fminf(fmaxf(w, d.has_entry ? entry.x + 2 * gap : 0), c.w - 2 * pad);
    const float h = title.y + (d.text[0] ? gap + text.y : 0) + (d.has_entry ? gap + row : 0) +
                    (d.rows ? gap + static_cast<float>(d.rows) * row : 0) + gap + keys.y;
    const float x = roundf((c.w - w) / 2);
    float y = fmaxf(roundf((c.h - h) / 2), pad);
    put_card(c, x - pad, y - pad, w + 2 * pad, h + 2 * pad, HELP_CARD);
    put_text(c, x, y, KEY, d.title, size, wrap);
    y += title.y + gap;
    if (d.text[0]) {
        put_text(c, x, y, BRIGHT, d.text, size, wrap);
        y += text.y + gap;
    }
    if (d.has_entry) {
        c.list->AddRectFilled(ImVec2(x, y), ImVec2(x + w, y + row), FIELD,
                              ROUNDING * c.scale / 2);
        const float ty = y + roundf((row - size) / 2);
        put_text(c, x + gap, ty, BRIGHT, d.entry, size, 0);
        c.list->AddRectFilled(ImVec2(x + gap + entry.x + 1, ty),
                              ImVec2(x + gap + entry.x + 1 + fmaxf(c.scale, 1), ty + size),
                              KEY);
        y += row + gap;
    }
    y = put_rows(c, d, x, y, w);
    put_text(c, x, y, SOFT, d.keys, size, wrap);
}

void copy_commands(orl_osd_gui *gui, const ImDrawList *list, ImVec2 window)
{
    const uint32_t first = static_cast<uint32_t>(gui->indices.Size);
    const uint32_t base = static_cast<uint32_t>(gui->vertices.Size);
    for (const ImDrawCmd &cmd : list->CmdBuffer) {
        if (cmd.ElemCount) {
            const ImVec4 &k = cmd.ClipRect;
            gui->cmds.push_back({cover(k.x, k.y, k.z, k.w, window), first + cmd.IdxOffset,
                                 cmd.ElemCount, base + cmd.VtxOffset});
        }
    }
    gui->vertices.resize(gui->vertices.Size + list->VtxBuffer.Size);
    gui->indices.resize(gui->indices.Size + list->IdxBuffer.Size);
    memcpy(gui->vertices.Data + base, list->VtxBuffer.Data,
           static_cast<size_t>(list->VtxBuffer.size_in_bytes()));
    memcpy(gui->indices.Data + first, list->IdxBuffer.Data,
           static_cast<size_t>(list->IdxBuffer.size_in_bytes()));
}

orl_rect find_bounds(const orl_osd_gui *gui, ImVec2 window)
{
    if (gui->vertices.empty()) {
        return {0, 0, 0, 0};
    }
    float x0 = FLT_MAX, y0 = FLT_MAX, x1 = 0, y1 = 0;
    for (const orl_vertex &v : gui->vertices) {
        x0 = fminf(x0, v.x);
        y0 = fminf(y0, v.y);
        x1 = fmaxf(x1, v.x);
        y1 = fmaxf(y1, v.y);
    }
    return cover(x0, y0, x1, y1, window);
}

/* ImGui's current context is global: two overlays in one process must not meet in it. */
class current_context
{
  public:
    explicit current_context(ImGuiContext *mine) : before(ImGui::GetCurrentContext())
    {
        ImGui::SetCurrentContext(mine);
    }
    ~current_context() { ImGui::SetCurrentContext(before); }
    current_context(const current_context &) = delete;
    current_context &operator=(const current_context &) = delete;

  private:
    ImGuiContext *before;
};

/* Returns what the graphs cover. */
orl_rect build(orl_osd_gui *gui, const orl_osd_panels &p)
{
    ImGuiIO &io = ImGui::GetIO();
    if (gui->scale != p.scale) {
        load_font(gui, p.scale);
    }
    io.DisplaySize = ImVec2(static_cast<float>(p.win_w), static_cast<float>(p.win_h));
    io.DeltaTime = 1.0f / 60; /* nothing moves, but it must not be 0 */
    ImGui::NewFrame();
    const canvas c = {ImGui::GetForegroundDrawList(), io.Fonts->Fonts[0], io.DisplaySize.x,
                      io.DisplaySize.y, p.scale};
    put_rate(c, p);
    const float status = put_status(c, p);
    const ImVec2 corner = put_corner(c, p);
    const orl_rect graphs = put_graphs(c, p, status, corner);
    put_sign(c, p);
    put_help(c, p);
    put_dialog(c, p);
    put_alert(c, p);
    ImGui::Render();
    const ImDrawData *data = ImGui::GetDrawData();
    for (int i = 0; i < data->CmdListsCount; i++) {
        copy_commands(gui, data->CmdLists[i], io.DisplaySize);
    }
    return graphs;
}

} // namespace

extern "C" orl_osd_gui *orl_osd_gui_create(void)
{
    orl_osd_gui *gui = IM_NEW(orl_osd_gui)();
    const current_context use(ImGui::GetCurrentContext()); /* puts it back in the end */
    gui->context = ImGui::CreateContext();
    ImGui::SetCurrentContext(gui->context);
    ImGuiIO &io = ImGui::GetIO();
    io.IniFilename = nullptr; /* writes no files */
    io.LogFilename = nullptr;
    io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
    return gui;
}

extern "C" void orl_osd_gui_destroy(orl_osd_gui *gui)
{
    if (gui) {
        ImGui::DestroyContext(gui->context);
        IM_DELETE(gui);
    }
}

extern "C" void orl_osd_gui_forget(orl_osd_gui *gui)
{
    const current_context use(gui->context);
    ImGui::GetIO().Fonts->Clear();
    gui->scale = 0;
    gui->vertices.clear();
    gui->indices.clear();
    gui->cmds.clear();
}

extern "C" void orl_osd_gui_draw(orl_osd_gui *gui, const orl_osd_panels *p, orl_draw_list *out)
{
    gui->vertices.resize(0);
    gui->indices.resize(0);
    gui->cmds.resize(0);
    *out = {};
    if (orl_osd_panels_empty(p)) {
        return;
    }
    const current_context use(gui->context);
    out->changed = build(gui, *p);
    out->vertices = gui->vertices.Data;
    out->indices = gui->indices.Data;
    out->cmds = gui->cmds.Data;
    out->n_vertices = static_cast<uint32_t>(gui->vertices.Size);
    out->n_indices = static_cast<uint32_t>(gui->indices.Size);
    out->n_cmds = static_cast<uint32_t>(gui->cmds.Size);
    out->bounds = find_bounds(gui, ImGui::GetIO().DisplaySize);
    const ImFontAtlas *atlas = ImGui::GetIO().Fonts;
    out->atlas = atlas->TexPixelsAlpha8;
    out->atlas_w = static_cast<uint32_t>(atlas->TexWidth);
    out->atlas_h = static_cast<uint32_t>(atlas->TexHeight);
    out->atlas_serial = gui->atlas_serial;
}
