/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Golden memory images: gzip files with a JSON file each that says what must be decoded from them.
 * They lie in the folder named by the environment variable ORIEL_VECTORS, else in
 * tests/data/vectors. All functions abort with a message when a file cannot be read.
 */
#ifndef ORL_TESTS_SUPPORT_VECTORS_H
#define ORL_TESTS_SUPPORT_VECTORS_H

#include <json-c/json.h>
#include <stddef.h>
#include <stdint.h>

#include "support/guarded.h"

#define ORL_VECTORS_MAX 1024

/* The folder; static storage. */
const char *orl_vectors_dir(void);

/* Case names (without ".json", sorted) into names[]; each allocated with strdup. Files without an
 * image beside them (hostile.json) are left out. Returns how many. */
size_t orl_vectors_list(char *names[ORL_VECTORS_MAX]);

/* Parses <dir>/<name>.json; caller puts the object. */
struct json_object *orl_vectors_json(const char *name);

/* Unpacks <dir>/<name>.bin.gz into guarded memory; `truncate_to` SIZE_MAX keeps all of it. */
void orl_vectors_image(struct orl_guarded *out, const char *name, size_t truncate_to);

/* tests/data/layout.json; caller puts the object. */
struct json_object *orl_layout_json(void);

/* Lower-case hexadecimal SHA-256 of the bytes. */
void orl_sha256_hex(char hex[65], const void *data, size_t size);

#endif
