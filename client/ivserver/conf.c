/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ivserver/conf.h"

#include <string.h>
#include <sys/un.h>

static const char help[] =
    "Usage: oriel-ivshmem-server [OPTION...] --socket=PATH\n"
    "Makes a shared memory and hands it to virtual machines (QEMU's ivshmem-doorbell device) "
    "and to\n"
    "viewers (oriel app:shmFile=ivshmem:PATH) that connect to the socket PATH. The memory "
    "cannot\n"
    "shrink, so that /dev/udmabuf takes it: pictures reach the GPU without a copy and without "
    "the\n"
    "kvmfr module. Peers ring each other. Runs until SIGTERM, SIGINT or SIGHUP.\n"
    "\n"
    "  --socket=PATH\n"
    "        Unix socket to listen at; needed. One that a dead server left is replaced\n"
    "  --size=SIZE\n"
    "        Size of the memory: a power of two from 1M to 64G, with K, M or G; 64M\n"
    "  --vectors=N\n"
    "        Interrupts of each peer, 1 to 16; 1\n"
    "  --mode=MODE\n"
    "        Who may connect, as the octal mode of the socket; 0600. Who may connect may read "
    "and\n"
    "        write the memory\n"
    "  --group=NAME\n"
    "        Group of the socket, for use with --mode=0660\n"
    "  --hugepages\n"
    "        Take huge pages, which must be set aside before (/proc/sys/vm/nr_hugepages)\n"
    "  --log=LEVEL\n"
    "        error, warn, info or debug, which tells who comes and goes; info\n"
    "  --help\n"
    "        Print this text and leave\n"
    "\n"
    "QEMU: -chardev socket,path=PATH,id=iv -device ivshmem-doorbell,chardev=iv,vectors=1\n"
    "\n"
    "Exit codes: 0 ended by a signal, 1 the system refused something, 2 bad option, 3 another "
    "server\n"
    "uses the socket or a file is in its place, 4 so much memory cannot be had.\n";

/* Decimal without sign or blanks, at most `most`, up to a character that is no digit. */
static bool read_number(const char **text, uint64_t most, unsigned base, uint64_t *out)
{
    const char *p = *text;
    uint64_t v = 0;
    for (; *p >= '0' && *p < (char)('0' + (int)base); p++) {
        uint64_t digit = (uint64_t)(*p - '0');
        if (v > (most - digit) / base) {
            return false;
        }
        v = v * base + digit;
    }
    if (p == *text) {
        return false;
    }
    *text = p;
    *out = v;
    return true;
}

static bool read_size(const char *text, uint64_t *out)
{
    uint64_t v;
    unsigned shift = 0;
    if (!read_number(&text, ORL_IVSERVER_SIZE_MAX, 10, &v)) {
        return false;
    }
    if (*text != '\0') {
        const char *at = strchr("KMG", *text);
        if (!at || text[1] != '\0') {
            return false;
        }
        shift = 10 * (unsigned)(at - "KMG" + 1);
    }
    if (v > ORL_IVSERVER_SIZE_MAX >> shift) {
        return false;
    }
    v <<= shift;
    *out = v;
    return v >= ORL_IVSERVER_SIZE_MIN && (v & (v - 1)) == 0;
}

static bool read_vectors(const char *text, uint32_t *out)
{
    uint64_t v;
    if (!read_number(&text, ORL_IVSERVER_VECTORS_MAX, 10, &v) || *text != '\0' || v == 0) {
        return false;
    }
    *out = (uint32_t)v;
    return true;
}

static bool read_mode(const char *text, mode_t *out)
{
    uint64_t v;
    if (!read_number(&text, 0777, 8, &v) || *text != '\0') {
        return false;
    }
    *out = (mode_t)v;
    return true;
}

/* The value of "NAME=value", NULL when `arg` is another option. */
static const char *value_of(const char *arg, const char *name)
{
    size_t len = strlen(name);
    return strncmp(arg, name, len) == 0 && arg[len] == '=' ? arg + len + 1 : NULL;
}

static bool take(struct orl_ivserver_conf *conf, const char *arg)
{
    const char *v;
    if ((v = value_of(arg, "--socket"))) {
        conf->path = v;
        return *v != '\0' && strlen(v) < sizeof(((struct sockaddr_un *)0)->sun_path);
    }
    if ((v = value_of(arg, "--size"))) {
        return read_size(v, &conf->bytes);
    }
    if ((v = value_of(arg, "--vectors"))) {
        return read_vectors(v, &conf->vectors);
    }
    if ((v = value_of(arg, "--mode"))) {
        return read_mode(v, &conf->mode);
    }
    if ((v = value_of(arg, "--group"))) {
        conf->group = v;
        return *v != '\0';
    }
    if ((v = value_of(arg, "--log"))) {
        conf->log = v;
        return *v != '\0';
    }
    conf->huge_pages |= strcmp(arg, "--hugepages") == 0;
    return strcmp(arg, "--hugepages") == 0;
}

enum orl_ivserver_parsed orl_ivserver_parse(struct orl_ivserver_conf *conf, int argc,
                                            char *const *argv, FILE *out, FILE *err)
{
    *conf = (struct orl_ivserver_conf){.bytes = 64u << 20, .vectors = 1, .mode = 0600};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(help, out);
            return ORL_IVSERVER_HELP;
        }
        if (!take(conf, argv[i])) {
            fprintf(err, "oriel-ivshmem-server: '%s' is not understood; see --help.\n",
                    argv[i]);
            return ORL_IVSERVER_BAD_USAGE;
        }
    }
    if (!conf->path) {
        fputs("oriel-ivshmem-server: --socket=PATH is missing; see --help.\n", err);
        return ORL_IVSERVER_BAD_USAGE;
    }
    return ORL_IVSERVER_GO;
}
