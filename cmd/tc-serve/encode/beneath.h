/* Opening a file that a stranger names, below a directory and nowhere else. */
#ifndef TC_SERVE_ENCODE_BENEATH_H
#define TC_SERVE_ENCODE_BENEATH_H

/*
 * Opens the regular file at path, relative to the directory dir, for reading.
 * Links and ".." are followed as long as they stay below dir; a link with an
 * absolute target does if that begins with real, dir's own name. -1 with errno:
 * EXDEV if it would lead out. No name is looked at twice, so that nobody can
 * change what it stands for in between.
 */
int beneath_open(int dir, const char *real, const char *path);

#endif
