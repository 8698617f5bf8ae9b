/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/app.h"

#include <stdlib.h>
#include <string.h>

#include "app/app_impl.h"
#include "base/clock.h"

#define ORL_LOG_MODULE "app"
#include "base/log.h"

static int run_viewer(const struct orl_conf *conf, const struct orl_conf_run *run,
                      uint64_t start_ns)
{
    struct orl_app *app = aligned_alloc(_Alignof(struct orl_app), sizeof(*app));
    if (!app) {
        return ORL_EXIT_FAILURE;
    }
    memset(app, 0, sizeof(*app));
    app->conf = conf;
    app->run = run;
    app->start_ns = start_ns;
    app->exit_code = ORL_EXIT_OK;
    if (orl_app_start(app)) {
        orl_app_loop(app);
        if (conf->app_screenshot[0] && !orl_app_screenshot(app, conf->app_screenshot)) {
            app->exit_code = ORL_EXIT_FAILURE;
        }
        if (conf->app_exit_after > 0) {
            orl_app_summary(app);
        }
        orl_app_stop(app);
    }
    int exit_code = app->exit_code;
    free(app);
    return exit_code;
}

/* The lines of [keys]: conf/ has kept them as text. */
static bool check_binds(const struct orl_conf *conf, const struct orl_conf_run *run)
{
    bool used = run->action == ORL_CONF_RUN || run->action == ORL_CONF_PRINT;
    if (!used || strcmp(conf->input_escape_key, "help") == 0) {
        return true;
    }
    struct orl_binds *binds = malloc(sizeof(*binds));
    struct orl_conf_report *rep = calloc(1, sizeof(*rep));
    bool ok = binds && rep && orl_app_binds(conf, binds, rep);
    if (rep) {
        orl_conf_report_print(rep, stderr);
    }
    free(rep);
    free(binds);
    return ok;
}

int orl_app_main(int argc, char **argv)
{
    uint64_t start_ns = orl_now_ns();
    struct orl_conf_env env;
    struct orl_conf *conf = NULL;
    struct orl_conf_run run = {0};
    struct orl_conf_report *rep = calloc(1, sizeof(*rep));
    if (!rep) {
        return ORL_EXIT_FAILURE;
    }
    orl_conf_env_from_process(&env);
    int err = orl_conf_load(&conf, &run, argc, argv, &env, rep);
    orl_conf_report_print(rep, stderr);
    free(rep);
    if (err) {
        return err == ORL_EINVAL ? ORL_EXIT_USAGE : ORL_EXIT_FAILURE;
    }
    int exit_code = ORL_EXIT_OK;
    if (run.log && !orl_log_configure(run.log)) {
        fprintf(stderr,
                "oriel: error: --log=%s is not understood; an example: "
                "--log=warn,frame=debug\n",
                run.log);
        exit_code = ORL_EXIT_USAGE;
    } else if (!check_binds(conf, &run)) {
        exit_code = ORL_EXIT_USAGE;
    } else if (!orl_app_action(conf, &run, &exit_code)) {
        exit_code = run_viewer(conf, &run, start_ns);
    }
    orl_conf_destroy(&conf);
    return exit_code;
}
