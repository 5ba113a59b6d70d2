/* What make says in MAKEFLAGS, and which descriptors are its jobserver. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "../../cmd/tc-pool/jobserver.h"
#include "test.h"

static void
test_dry(void)
{
	static const char *const yes[] = {"n",      "kn",       "nk -j3",
					  "t",      "q",        "-n",
					  " -k -n", "n -- N=1", "nw --jobserver-auth=3,4"};
	static const char *const no[] = {"",
					 " -j3",
					 "k",
					 " -- n",
					 "k -- CFLAGS=-n",
					 " --no-print-directory",
					 " -Oline",
					 "-Otarget",
					 "w -Isrc/nt",
					 "-- n=1",
					 "n=1",
					 " -j4 --jobserver-auth=fifo:/tmp/n -- A=t",
					 "--question",
					 "kI -Iinclude"};
	ok(!jobserver_dry(NULL), "no MAKEFLAGS");
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		ok(jobserver_dry(yes[i]), "'%s' runs nothing", yes[i]);
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		ok(!jobserver_dry(no[i]), "'%s' runs", no[i]);
}

static enum jobserver_found
look(const char *form, int in, int out)
{
	struct jobserver js;
	char flags[100];
	snprintf(flags, sizeof flags, form, in, out);
	enum jobserver_found found = jobserver_open(&js, flags);
	jobserver_close(&js);
	return found;
}

static void
test_pair(void)
{
	static const char form[] = " -j4 --jobserver-auth=%d,%d";
	int a[2], b[2], file = open("/dev/null", O_RDWR);
	if (pipe(a) < 0 || pipe(b) < 0 || file < 0) {
		ok(false, "no pipe");
		return;
	}
	ok(look(form, a[0], a[1]) == JOBSERVER_OPEN, "both ends of one pipe");
	ok(look(" --jobserver-fds=%d,%d -j4", a[0], a[1]) == JOBSERVER_OPEN, "as old makes say it");
	ok(look(form, a[1], a[0]) == JOBSERVER_CLOSED, "not the wrong way round");
	ok(look(form, a[0], a[0]) == JOBSERVER_CLOSED, "not one end twice");
	ok(look(form, a[0], b[1]) == JOBSERVER_CLOSED, "not ends of two pipes");
	ok(look(form, file, file) == JOBSERVER_CLOSED, "not a file");
	ok(look(form, -2, -2) == JOBSERVER_CLOSED, "not what make passes on to nobody");
	ok(look(" -j4 -- FLAGS=--jobserver-auth=%d,%d", a[0], a[1]) == JOBSERVER_NONE,
	   "not what is a variable's value");
	ok(look(" -j4 --jobserver-auth=%d,%d -- FLAGS=--jobserver-auth=0,1", a[0], a[1]) ==
		   JOBSERVER_OPEN,
	   "what stands before it");
}

int
main(void)
{
	test_dry();
	test_pair();
	return done_testing();
}
