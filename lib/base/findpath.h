/* Search for a command in PATH. */
#ifndef TC_BASE_FINDPATH_H
#define TC_BASE_FINDPATH_H

/*
 * Return the path of the executable that execvp(3) would run for name, or NULL
 * with errno: ENOENT if no such file exists, EACCES if the only one may not be
 * executed. PATH is not searched for a name with a slash in it. The caller
 * frees.
 */
char *find_command(const char *name);

#endif
