#include "base/path.h"

struct span
path_base(struct span path)
{
	for (size_t i = path.n; i-- > 0;)
		if (path.p[i] == '/')
			return (struct span){path.p + i + 1, path.n - i - 1};
	return path;
}

struct span
path_dir(struct span path)
{
	struct span base = path_base(path);
	if (base.n == path.n)
		return span_of(".");
	size_t n = path.n - base.n - 1;
	return n ? (struct span){path.p, n} : span_of("/");
}

/* Dots that begin the name or a component do not begin an extension: "..", ".hidden". */
struct span
path_no_ext(struct span path)
{
	size_t i = path.n, before;
	while (i > 0 && path.p[i - 1] != '/' && path.p[i - 1] != '.')
		i--;
	for (before = i; before > 0 && path.p[before - 1] == '.';)
		before--;
	return before == i || before == 0 || path.p[before - 1] == '/'
		       ? path
		       : (struct span){path.p, i - 1};
}

struct span
path_ext(struct span path)
{
	size_t n = path_no_ext(path).n;
	return n < path.n ? (struct span){path.p + n + 1, path.n - n - 1}
			  : (struct span){path.p + n, 0};
}
