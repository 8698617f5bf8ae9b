/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/vectors.h"

#include <dirent.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static void die(const char *what, const char *path)
{
    fprintf(stderr, "%s: %s\n", path, what);
    abort();
}

const char *orl_vectors_dir(void)
{
    const char *dir = getenv("ORIEL_VECTORS");
    return dir && *dir ? dir : ORL_TEST_DATA "/vectors";
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

size_t orl_vectors_list(char *names[ORL_VECTORS_MAX])
{
    const char *path = orl_vectors_dir();
    DIR *dir = opendir(path);
    if (!dir) {
        die("cannot list", path);
    }
    size_t n = 0;
    for (struct dirent *e; n < ORL_VECTORS_MAX && (e = readdir(dir)) != NULL;) {
        size_t len = strlen(e->d_name);
        if (len < 6 || strcmp(e->d_name + len - 5, ".json") != 0) {
            continue;
        }
        char image[4096];
        snprintf(image, sizeof(image), "%s/%.*s.bin.gz", path, (int)len - 5, e->d_name);
        if (access(image, R_OK) == 0) {
            names[n++] = strndup(e->d_name, len - 5);
        }
    }
    closedir(dir);
    qsort(names, n, sizeof(names[0]), by_name);
    return n;
}

static struct json_object *load_json(const char *path)
{
    struct json_object *root = json_object_from_file(path);
    if (!root) {
        die("not there or not JSON", path);
    }
    return root;
}

struct json_object *orl_vectors_json(const char *name)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s.json", orl_vectors_dir(), name);
    return load_json(path);
}

struct json_object *orl_layout_json(void)
{
    return load_json(ORL_TEST_DATA "/layout.json");
}

void orl_vectors_image(struct orl_guarded *out, const char *name, size_t truncate_to)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s.bin.gz", orl_vectors_dir(), name);
    gzFile in = gzopen(path, "rb");
    if (!in) {
        die("cannot open", path);
    }
    size_t cap = 1 << 20, size = 0;
    uint8_t *data = malloc(cap);
    for (int got = 1; data && got > 0; size += (size_t)got) {
        if (cap - size < 65536) {
            cap *= 2;
            data = realloc(data, cap);
            if (!data) {
                break;
            }
        }
        got = gzread(in, data + size, 65536);
        if (got < 0) {
            die("damaged", path);
        }
    }
    gzclose(in);
    if (!data) {
        die("no memory", path);
    }
    orl_guarded_copy(out, data, size < truncate_to ? size : truncate_to);
    free(data);
}

void orl_sha256_hex(char hex[65], const void *data, size_t size)
{
    uint8_t sum[32];
    unsigned len = 0;
    if (!EVP_Digest(data, size, sum, &len, EVP_sha256(), NULL) || len != sizeof(sum)) {
        die("SHA-256 failed", "libcrypto");
    }
    for (unsigned i = 0; i < len; i++) {
        snprintf(hex + (size_t)2 * i, 3, "%02x", sum[i]);
    }
}
