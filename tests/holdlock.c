/*
 * holdlock FILE MS: a slow ledger. Holds the lock for appending to FILE for MS
 * milliseconds at a time, until it is ended; prints a line when it first does.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/filelock.h"
#include "base/msg.h"

static const off_t append_byte = (off_t)1 << 60; /* as in lib/ledgerfile.c */

int
main(int argc, char **argv)
{
	msg_init(argv[0]);
	if (argc != 3)
		msg_die(EXIT_BAD_USAGE, "usage: holdlock FILE MS");
	long ms = strtol(argv[2], NULL, 10);
	struct timespec hold = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000},
			gap = {.tv_nsec = 1000000};
	int fd = open(argv[1], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		msg_die(EXIT_IO, "%s: cannot be opened", argv[1]);
	for (bool first = true;; first = false) {
		if (filelock_wait(fd, append_byte) < 0)
			msg_die(EXIT_IO, "%s: cannot be locked", argv[1]);
		if (first && (puts("held") < 0 || fflush(stdout) != 0))
			return EXIT_IO;
		nanosleep(&hold, NULL);
		filelock_drop(fd, append_byte);
		nanosleep(&gap, NULL);
	}
}
