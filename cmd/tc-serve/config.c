#define _XOPEN_SOURCE 700 /* realpath() */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/findpath.h"
#include "base/listen.h"
#include "base/msg.h"
#include "base/os.h"
#include "base/owned.h"
#include "base/secret.h"
#include "options.h"

static void
read_keys(struct serve *s)
{
	char *key = secret_load_line(s->cfg.key_file, "TC_LOCAL_API_KEY");
	if (key)
		buf_str(&s->key, key);
	free(key);
	s->hook_secret = secret_load(NULL, "TC_LOCAL_WEBHOOK_SECRET");
	os_private(); /* even without a key of the user, there is the secret that signs URLs */
	key_forget("TC_LOCAL_API_KEY");
	key_forget("TC_LOCAL_WEBHOOK_SECRET");
}

/* Without a key, anyone on the network could use this machine. */
static void
need_key_beyond_loopback(const struct serve *s)
{
	const char *a = s->cfg.listen;
	if (!listen_loopback(a) && s->key.n == 0)
		msg_die(EXIT_BAD_CONFIG,
			"--listen %s: not without a key: set TC_LOCAL_API_KEY or give --key-file",
			a);
}

void
config_parse(struct serve *s, int argc, char **argv)
{
	options_parse(s, argc, argv);
	msg_quiet(s->cfg.quiet);
	msg_verbose(s->cfg.verbose);
	read_keys(s);
	need_key_beyond_loopback(s);
}

static bool
in_path(const char *name)
{
	char *path = find_command(name);
	free(path);
	return path != NULL;
}

void
config_need_encoder(const struct serve *s)
{
	static const char *const own[] = {"ffmpeg", "ffprobe"};
	if (s->cfg.encoder && !in_path(s->cfg.encoder))
		msg_die(EXIT_BAD_CONFIG, "--encoder %s: not found, or not executable",
			s->cfg.encoder);
	for (size_t i = 0; !s->cfg.encoder && i < 2; i++)
		if (!in_path(own[i]))
			msg_die(EXIT_BAD_CONFIG,
				"%s is not installed: install the package ffmpeg, or give "
				"--encoder",
				own[i]);
}

/* mkdir -p, mode 0700. */
static int
make_dirs(char *path)
{
	for (char *p = path + 1; *p; p++)
		if (*p == '/') {
			*p = '\0';
			int rc = mkdir(path, 0700);
			*p = '/';
			if (rc != 0 && errno != EEXIST)
				return -1;
		}
	return mkdir(path, 0700) != 0 && errno != EEXIST ? -1 : 0;
}

static void
make_below(const char *dir, const char *name)
{
	struct buf b = {0};
	buf_fmt(&b, "%s/%s", dir, name);
	if (mkdir(buf_cstr(&b), 0700) != 0 && errno != EEXIST)
		msg_die(EXIT_BAD_CONFIG, "%s: %s", buf_cstr(&b), strerror(errno));
	buf_free(&b);
}

char *
config_state_dir(const struct serve *s)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	struct buf b = {0};
	if (s->cfg.dir)
		buf_str(&b, s->cfg.dir);
	else if (state && *state == '/')
		buf_fmt(&b, "%s/tc-serve", state);
	else if (home && *home == '/')
		buf_fmt(&b, "%s/.local/state/tc-serve", home);
	else
		msg_die(EXIT_BAD_CONFIG, "no place for the jobs: set HOME, or give --dir");
	buf_cstr(&b);
	char *dir = *b.p && make_dirs(b.p) == 0 ? realpath(b.p, NULL) : NULL;
	if (!dir || access(dir, W_OK | X_OK) != 0)
		msg_die(EXIT_BAD_CONFIG, "%s: %s", b.p, strerror(*b.p ? errno : ENOENT));
	buf_free(&b);
	owned_directory("state directory", dir);
	make_below(dir, "files");
	make_below(dir, "uploads");
	return dir;
}
