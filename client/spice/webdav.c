/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spice/webdav.h"

#include <dlfcn.h>
#include <string.h>

#define ORL_LOG_MODULE "spice"
#include "base/log.h"

/* So often at most something may be decoded on its way to a file name. */
#define DECODINGS 4

/*
 * The SPICE library has brought libsoup along, in the version it was built for. Linking one of our own
 * could bring a second version into the process, which libsoup refuses; so it is asked for by name.
 * All objects and structs are opaque to us.
 */
struct soup {
    void *(*of_server)(void *phodav); /* PhodavServer -> SoupServer */
    void *(*headers)(void *message);  /* of the request */
    const char *(*get_one)(void *headers, const char *name);
    void (*remove)(void *headers, const char *name);
};

static bool find(const char *name, void *function, size_t size)
{
    void *symbol = dlsym(RTLD_DEFAULT, name);
    memcpy(function, &symbol,
           size); /* C has no cast from an object's to a function's address */
    return symbol != NULL;
}

static bool find_soup(struct soup *s)
{
    return find("phodav_server_get_soup_server", &s->of_server, sizeof(s->of_server)) &&
           find("soup_server_message_get_request_headers", &s->headers, sizeof(s->headers)) &&
           find("soup_message_headers_get_one", &s->get_one, sizeof(s->get_one)) &&
           find("soup_message_headers_remove", &s->remove, sizeof(s->remove));
}

/* One level: no ".." and no empty part between slashes, the ends aside. */
static bool is_plain(const char *path)
{
    if (strncmp(path, "http://", 7) == 0 || strncmp(path, "https://", 8) == 0) {
        path = strchr(path, ':') + 3;
    }
    while (*path) {
        size_t n = strcspn(path, "/");
        if ((n == 2 && memcmp(path, "..", 2) == 0) || strncmp(path + n, "//", 2) == 0) {
            return false;
        }
        path += n + (path[n] ? 1 : 0);
    }
    return true;
}

bool orl_webdav_stays_inside(const char *destination)
{
    char *text = g_strdup(destination);
    bool inside = true;
    for (int i = 0; inside && i < DECODINGS; i++) {
        inside = is_plain(text);
        char *decoded =
            g_uri_unescape_string(text, NULL); /* NULL: not valid, or holds a zero */
        g_free(text);
        text = decoded;
        inside &= text != NULL;
    }
    inside = inside && is_plain(text);
    g_free(text);
    return inside;
}

/* A request was read and will be handled next; without a target it is refused as malformed. */
static void on_request(void *server, void *message, void *arg)
{
    struct soup *s = arg;
    void *headers = s->headers(message);
    const char *to = headers ? s->get_one(headers, "Destination") : NULL;
    (void)server;
    if (to && !orl_webdav_stays_inside(to)) {
        orl_warn("the guest tried to write outside of the shared folder; refused");
        s->remove(headers, "Destination");
    }
}

static void free_soup(gpointer data, GClosure *closure)
{
    (void)closure;
    g_free(data);
}

bool orl_webdav_guard(SpiceSession *session)
{
    struct soup *s = g_new0(struct soup, 1);
    GObject *phodav = NULL;
    GObject *server = NULL;
    g_object_get(session, "webdav-server", &phodav, NULL);
    if (phodav && find_soup(s)) {
        server = s->of_server(phodav);
    }
    GSignalQuery signal = {0};
    if (server) {
        g_signal_query(g_signal_lookup("request-read", G_OBJECT_TYPE(server)), &signal);
    }
    bool guarded = signal.n_params == 1; /* the message; libsoup 2 has other ones */
    if (guarded) {
        g_signal_connect_data(server, "request-read", G_CALLBACK(on_request), s, free_soup,
                              G_CONNECT_DEFAULT);
    } else {
        g_free(s);
    }
    g_clear_object(&phodav);
    return guarded;
}
