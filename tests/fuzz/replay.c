/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a fuzz target over every file of the folders named on the command line. */
#include <dirent.h>
#include <string.h>

#include "fuzz/input.h"

#define INPUT_BYTES_MAX (1 << 20)

static int replay_file(const char *path)
{
    FILE *in = fopen(path, "rb");
    uint8_t *data = malloc(INPUT_BYTES_MAX);
    if (!in || !data) {
        perror(path);
        free(data);
        return 1;
    }
    size_t size = fread(data, 1, INPUT_BYTES_MAX, in);
    fclose(in);
    /* As large as the content, so that reading beyond it is seen. */
    uint8_t *exact = malloc(size ? size : 1);
    memcpy(exact, data, size);
    free(data);
    fprintf(stderr, "%s (%zu bytes)\n", path, size);
    int err = LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return err;
}

static int replay_folder(const char *folder, int *files)
{
    DIR *dir = opendir(folder);
    if (!dir) {
        perror(folder);
        return 1;
    }
    int failed = 0;
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
        if (e->d_name[0] != '.') {
            failed |= replay_file(path);
            ++*files;
        }
    }
    closedir(dir);
    return failed;
}

int main(int argc, char **argv)
{
    int files = 0, failed = 0;
    for (int i = 1; i < argc; i++) {
        failed |= replay_folder(argv[i], &files);
    }
    if (files == 0) {
        fprintf(stderr, "no input files\n");
    }
    return failed || files == 0;
}
