/* Opens a file below a directory by an untrusted path. */
#ifndef TC_SERVE_ENCODE_BENEATH_H
#define TC_SERVE_ENCODE_BENEATH_H

/*
 * Open the regular file at path, relative to the directory dir, for reading.
 * Symbolic links and ".." are followed if they stay below dir; an absolute target
 * does if it begins with real, the path of dir. Return -1 with errno, EXDEV if
 * the path leads out. No name is resolved twice, so that it cannot be replaced
 * in between.
 */
int beneath_open(int dir, const char *real, const char *path);

#endif
