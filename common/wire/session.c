/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/wire.h"

enum { RECORD_VMINFO = 1, RECORD_OSINFO = 2 };

/*
 * Copies text of at most `len` bytes, ended by NUL or by the record. The guest chooses the bytes
 * and they reach terminals and log files, so only printable ASCII passes.
 */
static void read_text(char *dst, size_t cap, const uint8_t *src, size_t len)
{
    size_t n = 0;
    for (; n < len && n + 1 < cap && src[n] != '\0'; n++) {
        dst[n] = (char)(src[n] >= 0x20 && src[n] < 0x7f ? src[n] : '?');
    }
    dst[n] = '\0';
}

static void read_vm(struct orl_session_info *out, const struct orl_layout *lay,
                    const uint8_t *p, size_t len)
{
    if (len < lay->vminfo_bytes) {
        return;
    }
    out->has_vm = true;
    memcpy(out->uuid, p + lay->vminfo_uuid, sizeof(out->uuid));
    read_text(out->capture, sizeof(out->capture), p + lay->vminfo_capture,
              lay->vminfo_cpus - lay->vminfo_capture);
    out->cpus = p[lay->vminfo_cpus];
    out->cores = p[lay->vminfo_cores];
    out->sockets = p[lay->vminfo_sockets];
    read_text(out->model, sizeof(out->model), p + lay->vminfo_model, len - lay->vminfo_model);
}

static void read_os(struct orl_session_info *out, const struct orl_layout *lay,
                    const uint8_t *p, size_t len)
{
    if (len < lay->osinfo_bytes) {
        return;
    }
    out->has_os = true;
    out->os = p[lay->osinfo_os];
    read_text(out->os_name, sizeof(out->os_name), p + lay->osinfo_name, len - lay->osinfo_name);
}

/* Records follow each other unaligned; each step consumes at least a record header. */
static void read_records(struct orl_session_info *out, const struct orl_layout *lay,
                         const uint8_t *p, size_t left)
{
    while (left >= lay->record_bytes) {
        uint8_t type = p[lay->record_type];
        uint32_t size = orl_get_u32(p + lay->record_size);
        p += lay->record_bytes;
        left -= lay->record_bytes;
        if (size > left) {
            return;
        }
        out->records++;
        if (type == RECORD_VMINFO) {
            read_vm(out, lay, p, size);
        } else if (type == RECORD_OSINFO) {
            read_os(out, lay, p, size);
        }
        p += size;
        left -= size;
    }
}

int orl_session_info_read(struct orl_session_info *out, const struct orl_layout *lay,
                          const uint8_t *data, size_t len)
{
    if (len < lay->info_bytes ||
        memcmp(data + lay->info_magic, ORL_KVMFR_MAGIC, sizeof(ORL_KVMFR_MAGIC) - 1) != 0) {
        return ORL_EMALFORMED;
    }
    *out = (struct orl_session_info){.kvmfr = orl_get_u32(data + lay->info_version)};
    read_text(out->host_version, sizeof(out->host_version), data + lay->info_host_version,
              lay->info_features - lay->info_host_version);
    if (out->kvmfr != lay->kvmfr) {
        return ORL_EVERSION; /* beyond these two fields the layout is unknown */
    }
    out->features = orl_get_u32(data + lay->info_features);
    read_records(out, lay, data + lay->info_bytes, len - lay->info_bytes);
    return ORL_OK;
}

/* Text of a record's tail, with its terminator; returns the bytes that takes. */
static size_t write_text(uint8_t *dst, size_t cap, const char *text)
{
    size_t n = strnlen(text, cap - 1);
    memcpy(dst, text, n);
    dst[n] = '\0';
    return n + 1;
}

static uint8_t *write_record(uint8_t *dst, const struct orl_layout *lay, uint8_t type,
                             size_t size)
{
    memset(dst, 0, lay->record_bytes);
    dst[lay->record_type] = type;
    orl_put_u32(dst + lay->record_size, (uint32_t)size);
    return dst + lay->record_bytes + size;
}

static uint8_t *write_vm(uint8_t *dst, const struct orl_layout *lay,
                         const struct orl_session_info *info)
{
    uint8_t *p = dst + lay->record_bytes;
    memset(p, 0, lay->vminfo_bytes);
    memcpy(p + lay->vminfo_uuid, info->uuid, sizeof(info->uuid));
    write_text(p + lay->vminfo_capture, lay->vminfo_cpus - lay->vminfo_capture, info->capture);
    p[lay->vminfo_cpus] = info->cpus;
    p[lay->vminfo_cores] = info->cores;
    p[lay->vminfo_sockets] = info->sockets;
    size_t text = write_text(p + lay->vminfo_model, sizeof(info->model), info->model);
    return write_record(dst, lay, RECORD_VMINFO, lay->vminfo_bytes + text);
}

static uint8_t *write_os(uint8_t *dst, const struct orl_layout *lay,
                         const struct orl_session_info *info)
{
    uint8_t *p = dst + lay->record_bytes;
    p[lay->osinfo_os] = info->os;
    size_t text = write_text(p + lay->osinfo_name, sizeof(info->os_name), info->os_name);
    return write_record(dst, lay, RECORD_OSINFO, lay->osinfo_bytes + text);
}

size_t orl_session_info_write(uint8_t *dst, size_t cap, const struct orl_layout *lay,
                              const struct orl_session_info *info)
{
    size_t need = lay->info_bytes;
    if (info->has_vm) {
        need += lay->record_bytes + lay->vminfo_bytes +
                strnlen(info->model, sizeof(info->model) - 1) + 1;
    }
    if (info->has_os) {
        need += lay->record_bytes + lay->osinfo_bytes +
                strnlen(info->os_name, sizeof(info->os_name) - 1) + 1;
    }
    if (need > cap) {
        return 0;
    }
    memset(dst, 0, lay->info_bytes);
    memcpy(dst + lay->info_magic, ORL_KVMFR_MAGIC, sizeof(ORL_KVMFR_MAGIC) - 1);
    orl_put_u32(dst + lay->info_version, lay->kvmfr);
    write_text(dst + lay->info_host_version, lay->info_features - lay->info_host_version,
               info->host_version);
    orl_put_u32(dst + lay->info_features, info->features);
    uint8_t *end = dst + lay->info_bytes;
    if (info->has_vm) {
        end = write_vm(end, lay, info);
    }
    if (info->has_os) {
        end = write_os(end, lay, info);
    }
    return (size_t)(end - dst);
}
