
/*
 * Copyright (C) The Wismo authors
 *
 * The program's front door: finds the call that was asked for and hands over.
 * Options before the call's name are those that all calls share.  What a call
 * does is in its own fetch_cmd_*.c.
 */


#include "fetch_cmd.h"
#include "fetch_share.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>


typedef struct {
    const char  *name;
    int          (*run)(int argc, char **argv);
    const char  *text;
} fetch_cmd_t;


static const fetch_cmd_t  fetch_cmds[] = {

    { "fetch", fetch_cmd_fetch,
      "the companion process: asks the carriers, keeps Redis fresh" },

    { "import", fetch_cmd_import,
      "load orders from a file, CSV or one JSON object a line" },

    { "order", fetch_cmd_order,
      "show, link, recheck or erase one order" },

    { "customer", fetch_cmd_customer,
      "hand out or erase a person's data, change its keys" },

    { "carrier", fetch_cmd_carrier,
      "carriers' status, parse a reply, check an adapter" },

    { "shop", fetch_cmd_shop,
      "parse a shop's webhook, check a shop's file, what became of them" },

    { "replay", fetch_cmd_replay,
      "read pushes and webhooks again that could not be read" },

    { "hook", fetch_cmd_hook,
      "send a signed push to a hook, to try it" },

    { "template", fetch_cmd_template,
      "render or check a page template" },

    { "edd", fetch_cmd_edd,
      "delivery dates: how good they are, learn from history" },

    { "incident", fetch_cmd_incident,
      "tell every page it touches what has happened" },

    { "calendar", fetch_cmd_calendar,
      "check calendars: days off, cut-off times" },

    { "brand", fetch_cmd_brand,
      "check brands, as nginx does" },

    { "preview", fetch_cmd_preview,
      "write all states in all languages as pages to look at" },

    { "notify", fetch_cmd_notify,
      "write all notices in all languages, or send one to try a channel" },

    { "doctor", fetch_cmd_doctor,
      "check the installation, with a fix for each fault" },

    { NULL, NULL, NULL }
};


static void
wismo_usage(FILE *out)
{
    const fetch_cmd_t  *cmd;

    fputs("Usage: wismo [--share DIR] CALL [ARGUMENT...]\n\n", out);

    for (cmd = fetch_cmds; cmd->name; cmd++) {
        fprintf(out, "  %-10s %s\n", cmd->name, cmd->text);
    }

    fputs("\n"
          "  --share DIR   adapters and pages, instead of those installed\n"
          "  --version     print the version\n"
          "  --help        print this; \"wismo CALL --help\" explains a call\n"
          "\n"
          "Exit status: 0 done, 1 it could not be done, 2 unusable "
          "arguments.\n",
          out);
}


int
main(int argc, char **argv)
{
    const fetch_cmd_t  *cmd;

    argp_err_exit_status = FETCH_EXIT_USAGE;

    for (argc--, argv++; argc && argv[0][0] == '-'; argc--, argv++) {

        if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0) {
            wismo_usage(stdout);
            return FETCH_EXIT_OK;
        }

        if (strcmp(argv[0], "--version") == 0) {
            puts("wismo " WISMO_VERSION);
            return FETCH_EXIT_OK;
        }

        if (strcmp(argv[0], "--share") == 0 && argc > 1) {
            fetch_share_set(argv[1]);
            argc--;
            argv++;
            continue;
        }

        fprintf(stderr, "wismo: unknown option \"%s\", "
                        "try \"wismo --help\"\n", argv[0]);
        return FETCH_EXIT_USAGE;
    }

    if (argc == 0) {
        wismo_usage(stderr);
        return FETCH_EXIT_USAGE;
    }

    for (cmd = fetch_cmds; cmd->name; cmd++) {
        if (strcmp(argv[0], cmd->name) == 0) {
            return fetch_cmd_run("wismo", cmd->run, argc, argv);
        }
    }

    fprintf(stderr, "wismo: unknown call \"%s\", try \"wismo --help\"\n",
            argv[0]);

    return FETCH_EXIT_USAGE;
}
