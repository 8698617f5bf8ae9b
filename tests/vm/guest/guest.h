/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one program of the tests' guest: process 1 of a Linux that runs nothing else. It obeys lines
 * from the test and reports, a line each, what reaches the guest; tests/vm/README.md has the list.
 *
 * One poll loop (main.c). What must not wait for it runs in child processes, whose lines come back
 * through a pipe: the reader of the input devices, and sound while it plays or is recorded.
 */
#ifndef ORL_GUEST_H
#define ORL_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* --- lines (line.c) --- */

/* Bytes that grow; `len` of `cap` are used. An exhausted memory ends the guest. */
struct bytes {
    uint8_t *at;
    size_t len, cap;
};

void bytes_add(struct bytes *b, const void *from, size_t len);
void bytes_drop(struct bytes *b, size_t len); /* from the front */
void bytes_free(struct bytes *b);

/* Writes all of it to a blocking descriptor; false when the other side is gone. */
bool write_all(int fd, const void *from, size_t len);

/* One line to the test, at most 4000 bytes. */
__attribute__((format(printf, 2, 3))) void say(int fd, const char *format, ...);

/* `start` and then the bytes in hexadecimal, of any length. */
void say_hex(int fd, const char *start, const uint8_t *from, size_t len);

/* Reads pairs of hexadecimal digits; false when there is anything else. */
bool read_hex(const char *text, struct bytes *out);

/* The same sum as zlib's crc32(): start with 0. */
uint32_t crc32_add(uint32_t crc, const void *from, size_t len);

/* Opens the virtio-serial port of that name, or gives -1. `flags` as for open(). */
int port_open(const char *name, int flags);

/* --- modules and file systems (system.c) --- */

void system_mount(void);
/* Loads the modules of a group of /modules/groups in order. False: one of them did not load. */
bool system_load(const char *group, int report);
void system_calm_keys(void); /* no key combination restarts or kills the guest */
/* Lock keys as the kernel's own keyboard driver would set them; set of 1 scroll, 2 num, 4 caps. */
bool system_set_locks(unsigned locks);
void system_write(const char *path, const char *text);

/* --- input devices (input.c) --- */

/*
 * Runs in a child process, for ever: opens the devices as they appear and reports what they say.
 * The kernel keeps 64 events a device; a reader that also talked to the test would lose some.
 */
void input_run(int report);

/* --- sound (sound.c, pcm.c) --- */

bool sound_ready(void);
void sound_mixer(int volume_percent, int muted, int report); /* -1: as it is */
/* Both run in a child process and return its exit code. */
int sound_tone(double hz, double seconds, unsigned rate, unsigned channels, int report);
int sound_record(double seconds, unsigned rate, int report);

struct pcm {
    int fd;
    unsigned rate, channels;
};
enum { PCM_PERIOD_FRAMES = 480, PCM_PERIODS = 16 };

/* S16 interleaved; false with errno set. */
bool pcm_open(struct pcm *pcm, bool capture, unsigned rate, unsigned channels);
/* Whole periods; counts what ran over or dry in `*xruns`. False with errno set. */
bool pcm_write(struct pcm *pcm, int16_t *frames, size_t count, unsigned *xruns);
bool pcm_read(struct pcm *pcm, int16_t *frames, size_t count, unsigned *xruns);
void pcm_drain(struct pcm *pcm);

/* What a recorded wave is like. */
struct wave {
    double hz;       /* from the first to the last rising zero crossing */
    double rms;      /* 0..1, of the part that was heard */
    double start_ms; /* silence before it */
    double heard_ms; /* from its start to the end of the recording */
    double gap_ms;   /* longest silence within */
};
struct wave wave_measure(const int16_t *samples, size_t count, unsigned rate);

/* --- the SPICE agent (agent.c, clip.c, files.c) --- */

enum { CLIP_TYPES = 8 };
enum clip_answer { CLIP_ANSWER, CLIP_IGNORE, CLIP_REFUSE };

struct clip {
    struct bytes content[CLIP_TYPES]; /* by VD_AGENT_CLIPBOARD_*; what the guest offers */
    bool offered[CLIP_TYPES];
    enum clip_answer answer;
};

enum file_policy { FILE_ACCEPT, FILE_REFUSE, FILE_DISABLED, FILE_NO_SPACE, FILE_HOLD };

struct file {
    bool used;
    uint32_t id;
    uint64_t size, got;
    uint32_t crc;
    char name[256];
};

struct files {
    struct file all[32];
    enum file_policy policy;
};

struct agent {
    int fd;           /* -1: no agent */
    int report;       /* where lines go */
    struct bytes in;  /* from the port, not yet a whole chunk */
    struct bytes msg; /* the message that the chunks make up */
    struct bytes out; /* waiting for the port to take it */
    uint32_t caps;    /* what is announced */
    uint32_t client_caps;
    struct clip clip;
    struct files files;
};

void agent_init(struct agent *a, int report);
/* Starts the agent, if the machine has the port. */
void agent_on(struct agent *a);
void agent_off(struct agent *a);
void agent_read(struct agent *a);
void agent_write(struct agent *a);
/* Queues one message of the protocol, in chunks as the server wants them. */
void agent_send(struct agent *a, uint32_t type, const void *data, size_t len);

/* One message of that kind arrived; they know their own types only. */
bool clip_message(struct agent *a, uint32_t type, const uint8_t *data, size_t len);
bool files_message(struct agent *a, uint32_t type, const uint8_t *data, size_t len);
void files_forget(struct agent *a);

/* Commands of the test; `words` is the rest of the line. False: not understood. */
bool clip_command(struct agent *a, const char *verb, char *words);
bool files_command(struct agent *a, const char *verb, const char *words);

/* --- shared folder and USB devices (share.c, usb.c) --- */

/* Commands of the test, as above; `report` is where their answers go. */
bool share_command(int report, const char *verb, const char *words);
bool usb_command(int report, const char *verb);

#endif
