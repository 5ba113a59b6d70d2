/* Whole reads and writes: all bytes or an error. EINTR is retried; a short write is continued. */
#ifndef TC_BASE_IO_H
#define TC_BASE_IO_H

#include <sys/types.h>

#include "base/buf.h"

/*
 * Write all of s to a blocking descriptor, with one write(2) if the system
 * takes it whole. Return 0, or -1 with errno. *done, unless NULL, is set to the
 * bytes written in either case.
 */
int io_write_all(int fd, struct span s, size_t *done);

/* Write all of s at byte `at` of a file. Return 0, or -1 with errno. */
int io_pwrite_all(int fd, struct span s, off_t at);

/* Read n bytes at byte `at` of a file. Return 0, or -1 with errno: EIO if the file ends before. */
int io_pread_all(int fd, char *to, size_t n, off_t at);

#endif
