
/*
 * Copyright (C) The Wismo authors
 *
 * Runs a fuzz target over files, without libFuzzer: each argument is a file
 * or a directory of files.  The name of one that crashes is the last line.
 * An input that takes long is a failure: the targets' inputs are small.
 */


#include "fuzz.h"

#include <dirent.h>
#include <sys/stat.h>
#include <time.h>


#define REPLAY_SECONDS       5.0              /* under sanitizers */


int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static void replay_file(const char *path);
static void replay_directory(const char *path);

static unsigned  replayed;


int
main(int argc, char **argv)
{
    int          i;
    struct stat  st;

    if (LLVMFuzzerInitialize) {
        (void) LLVMFuzzerInitialize(&argc, &argv);
    }

    for (i = 1; i < argc; i++) {

        if (stat(argv[i], &st) == -1) {
            perror(argv[i]);
            return 1;
        }

        if (S_ISDIR(st.st_mode)) {
            replay_directory(argv[i]);

        } else {
            replay_file(argv[i]);
        }
    }

    printf("%u inputs\n", replayed);

    return 0;
}


static void
replay_directory(const char *path)
{
    int             i, n;
    char            file[4096];
    struct dirent **names;

    n = scandir(path, &names, NULL, alphasort);

    if (n == -1) {
        perror(path);
        exit(1);
    }

    for (i = 0; i < n; i++) {
        if (names[i]->d_name[0] != '.') {
            (void) snprintf(file, sizeof(file), "%s/%s", path,
                            names[i]->d_name);
            replay_file(file);
        }

        free(names[i]);
    }

    free(names);
}


static void
replay_file(const char *path)
{
    double           seconds;
    wismo_str_t      text, exact;
    struct timespec  from, to;

    text = fuzz_file(path);
    exact = fuzz_copy(&text);
    free(text.data);

    printf("%s\n", path);
    fflush(stdout);

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    (void) LLVMFuzzerTestOneInput(exact.data, exact.len);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);

    seconds = (double) (to.tv_sec - from.tv_sec)
              + (double) (to.tv_nsec - from.tv_nsec) / 1e9;
    fuzz_check(seconds < REPLAY_SECONDS);

    free(exact.data);
    replayed++;
}
