/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Input: first byte odd: arguments, separated by NUL; even: a configuration file. */
#include <sys/mman.h>
#include <unistd.h>

#include "conf/conf.h"
#include "fuzz/input.h"

#define ARGS_MAX 32

static void load(int argc, char **argv)
{
    static struct orl_conf_report rep;
    const struct orl_conf_env env = {0};
    struct orl_conf_run run;
    struct orl_conf *conf = NULL;
    memset(&rep, 0, sizeof(rep));
    int err = orl_conf_load(&conf, &run, argc, argv, &env, &rep);
    FUZZ_REQUIRE((err == ORL_OK) == (conf != NULL));
    FUZZ_REQUIRE(rep.count >= 0 && rep.count <= ORL_CONF_REPORT_LINES);
    FUZZ_REQUIRE(err != ORL_EINVAL || rep.errors > 0);
    size_t keys = 0;
    const struct orl_conf_key *key = conf != NULL ? orl_conf_keys(conf, &keys) : NULL;
    FUZZ_REQUIRE(keys <= ORL_CONF_KEYS);
    for (size_t i = 0; i < keys; i++) {
        FUZZ_REQUIRE(key[i].chord[0] != '\0' && key[i].action[0] != '\0' &&
                     key[i].where[0] != '\0');
    }
    orl_conf_destroy(&conf);
}

static void load_file(const uint8_t *data, size_t size)
{
    char name[] = "oriel", option[64];
    char *argv[] = {name, option, NULL};
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    FUZZ_REQUIRE(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(option, sizeof(option), "app:configFile=/proc/self/fd/%d", fd);
    load(2, argv);
    close(fd);
}

static void load_arguments(const uint8_t *data, size_t size)
{
    char name[] = "oriel";
    char *argv[ARGS_MAX + 2] = {name};
    int argc = 1;
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    for (size_t at = 0; at < size && argc <= ARGS_MAX; at += strlen(text + at) + 1) {
        argv[argc++] = text + at;
    }
    load(argc, argv);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    if (data[0] & 1) {
        load_arguments(data + 1, size - 1);
    } else {
        load_file(data + 1, size - 1);
    }
    return 0;
}
