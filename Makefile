# tc: batch transcoding as Unix filters. `make help` says what can be made.
#
# This file is read by GNU make and by BSD make alike: building and installing
# work with either. What tests and packages need is in tests/tests.mk, for GNU
# make alone.
VERSION  = 0.1.0
PREFIX   = /usr/local
BINDIR   = $(PREFIX)/bin
MANDIR   = $(PREFIX)/share/man
DOCDIR   = $(PREFIX)/share/doc/tc
BASHDIR  = $(PREFIX)/share/bash-completion/completions
ZSHDIR   = $(PREFIX)/share/zsh/site-functions
FISHDIR  = $(PREFIX)/share/fish/vendor_completions.d
B        = build

CFLAGS  ?= -O2 -g
WARN     = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
# CPPFLAGS, CFLAGS, LDFLAGS and LDLIBS are the user's: what we need is kept apart.
OURS     = -std=c11 -D_POSIX_C_SOURCE=200809L -DTC_VERSION='"$(VERSION)"' -iquote lib -iquote cmd/tc-serve $(WARN) -MMD -MP
# libcurl is loaded when a request is to be sent, see lib/http/libcurl.h; glibc before 2.34 has dlopen() apart
CURL    != [ "$$(uname)" != Linux ] || echo -ldl
HTTPD    = -lmicrohttpd -pthread
CRYPTO   = -lcrypto -pthread

# V=1 shows the commands themselves; make -s says nothing.
V        = 0
Q0       = @
Q        = $(Q$(V))
SAY0     = @[ "$${MAKEFLAGS\#s}" != "$$MAKEFLAGS" ] || printf '%-4s %s\n'
SAY1     = @:
SAY      = $(SAY$(V))

# The rooms of lib/, from the bottom up, then the tools. The table in .github/CONTRIBUTING.md says who may
# include whom: tc-pool, for one, has no part in http or service, and links no libcurl.
BASE     = buf utf8 capture msg clock os os_spawn os_watch filelock sig opt suggest lines digest digest_cpu siphash htab seen secret hide listen hash \
	crctable crc32c date date_http owned tail base64 work bytes io xml strlist findpath path words filehash keybook terminal
JSON     = check read pointer write members template template_check template_unclosed source
FLOW     = flow admit start item queue shard reorder progress pace rate ratefile ratecmd retry failure record reasons finish
LEDGER   = ledger open file index line lock mend path
HTTP     = http libcurl header headers_common transfer trust url storage url_join ratelimit_header stream server
PROC     = child childpipe watchdog childend
SERVICE  = profile profile_members profile_parse profile_sections profile_words profile_upload profile_complete profile_value profile_variable \
	state joberror variables form service options apikey connect call response response_class response_result \
	jobstate joblist resolve throttle error_body error_fields question file_response body_text order
LIB      = $(BASE:%=base/%) $(JSON:%=json/%) $(FLOW:%=flow/%) $(LEDGER:%=ledger/%) $(HTTP:%=http/%) \
	$(PROC:%=proc/%) $(SERVICE:%=service/%)
CREATE   = main claim result resume output plan body key key_window reconcile match
LIST     = main filter known
WAIT     = main poll events batchpoll
POOL     = main pool admit attempt input result reason outcome held unstarted coprocess env halt \
	concurrency slots resume jobserver command classify pattern
REPORT   = main record rows ledger ledger_job ledger_rows text plain terminal table page page_items timeline merge
PUT      = main options upload line source step fills call call_response send reply refusal bucket multipart multipart_reply resume output
GET      = main options line files names claims queue fetch open refusal range set set_names m3u8 reference tally sync object part bytes note gaps split tree verify hashing flush finish publish record known
PROFILE  = main tool list check doctor schema
HOOK     = main httpd out signature event
SERVE    = main config httpd route when api/connect http/call http/response http/suspend \
	http/fault http/stats http/chunks api/micro api/micro_create api/micro_response api/transcodely api/transcodely_create api/video api/session api/bucket api/object api/sigv4 api/form \
	api/transcodely_job api/transcodely_list api/transcodely_path api/protojson \
	api/protojson_value api/transcodely_words encode/graph api/protojson_sort api/transcodely_rules api/connect_detail api/watch api/event \
	store/deliveries store/videos http/take http/download api/multipart api/upload http/files http/sign api/webhook store/job store/store store/jobs \
	store/list encode/plan encode/media encode/beneath encode/codec encode/allowlist \
	encode/ffmpeg encode/ffmpeg_playlist encode/encoder encode/task encode/task_progress encode/child encode/probe encode/outfile api/create api/probing \
	serve options api/transcodely_checks api/video_parts api/video_object api/video_list api/video_change api/violations encode/ffmpeg_words

LIB_O    = $(LIB:%=$(B)/lib/%.o)
CREATE_O = $(CREATE:%=$(B)/cmd/tc-create/%.o)
LIST_O   = $(LIST:%=$(B)/cmd/tc-list/%.o)
WAIT_O   = $(WAIT:%=$(B)/cmd/tc-wait/%.o)
URL_O    = $(B)/cmd/tc-url.o
CANCEL_O = $(B)/cmd/tc-cancel.o
CONFIRM_O = $(B)/cmd/tc-confirm.o
POOL_O   = $(POOL:%=$(B)/cmd/tc-pool/%.o)
PUT_O    = $(PUT:%=$(B)/cmd/tc-put/%.o)
GET_O    = $(GET:%=$(B)/cmd/tc-get/%.o)
PROFILE_O = $(PROFILE:%=$(B)/cmd/tc-profile/%.o)
HOOK_O   = $(HOOK:%=$(B)/cmd/tc-hook/%.o)
REPORT_O = $(REPORT:%=$(B)/cmd/tc-report/%.o)
SERVE_O  = $(SERVE:%=$(B)/cmd/tc-serve/%.o)
OBJECTS  = $(LIB_O) $(CREATE_O) $(LIST_O) $(WAIT_O) $(URL_O) $(CANCEL_O) $(CONFIRM_O) $(POOL_O) $(PUT_O) $(GET_O) $(HOOK_O) $(PROFILE_O) $(REPORT_O) $(SERVE_O)
A        = $(B)/libtc.a

TOOLS    = tc-put tc-create tc-wait tc-url tc-get tc-cancel tc-confirm tc-list tc-pool tc-hook tc-profile tc-serve tc-report
# tc-rate is built only where hiredis and OpenSSL are. NetBSD's sys.mk would have us look below DESTDIR.
RATE     = main address net limiter
RATE_O   = $(RATE:%=$(B)/cmd/tc-rate/%.o)
HAS_RATE != printf '\043include <stddef.h>\n\043include <hiredis/hiredis.h>\n\043include <openssl/ssl.h>\n' | \
	$(CC) $$(echo '$(CPPFLAGS)' | sed 's/-nostdinc//; s/-idirafter *[^ ]*//g') -E -x c - >/dev/null 2>&1 && echo tc-rate || :
OBJECTS += $(RATE_O)
TOOLS   += $(HAS_RATE)
BUILT    = $(TOOLS:%=$(B)/%)
NAMES    = cloudflare-stream coconut ffmpeg-micro google-transcoder livepeer local mediaconvert mux rendi \
	replicate shotstack-ingest shotstack transcodely zencoder
PROFILES = $(NAMES:%=lib/profiles/%.json)

all: $(BUILT) $(B)/completions/made ## build the tools into build/ (B=dir: elsewhere; V=1: show the commands)

LINK     = $(CC) $(CFLAGS) $(LDFLAGS) -o $@
$(B)/tc-create: $(CREATE_O) $(A)
	$(SAY) LD $@
	$(Q)$(LINK) $(CREATE_O) $(A) $(LDLIBS) $(CURL)

$(B)/tc-list: $(LIST_O) $(A)
	$(SAY) LD $@
	$(Q)$(LINK) $(LIST_O) $(A) $(LDLIBS) $(CURL)

$(B)/tc-wait: $(WAIT_O) $(A)
	$(SAY) LD $@
	$(Q)$(LINK) $(WAIT_O) $(A) $(LDLIBS) $(CURL)

$(B)/tc-url: $(URL_O) $(A)
	$(SAY) LD $@
	$(Q)$(LINK) $(URL_O) $(A) $(LDLIBS) $(CURL)

$(B)/tc-put: $(PUT_O) $(A)
	$(SAY) LD $@
	$(Q)$(LINK) $(PUT_O) $(A) $(LDLIBS) $(CURL) $(CRYPTO)

$(B)/tc-get: $(GET_O) $(A)
	$(SAY) LD $@
	$(Q)$(LINK) $(GET_O) $(A) $(LDLIBS) $(CURL) $(CRYPTO)

$(B)/tc-cancel: $(CANCEL_O) $(A)
	$(SAY) LD $@
	$(Q)$(LINK) $(CANCEL_O) $(A) $(LDLIBS) $(CURL)

$(B)/tc-confirm: $(CONFIRM_O) $(A)
	$(SAY) LD $@
	$(Q)$(LINK) $(CONFIRM_O) $(A) $(LDLIBS) $(CURL)

$(B)/tc-pool: $(POOL_O) $(A)
	$(SAY) LD $@
	$(Q)$(LINK) $(POOL_O) $(A) $(LDLIBS)

$(B)/tc-profile: $(PROFILE_O) $(A)
	$(SAY) LD $@
	$(Q)$(LINK) $(PROFILE_O) $(A) $(LDLIBS) $(CURL)

$(B)/tc-rate: $(RATE_O) $(B)/cmd/tc-rate/script.o $(A)
	$(SAY) LD $@
	$(Q)$(LINK) $(RATE_O) $(B)/cmd/tc-rate/script.o $(A) $(LDLIBS) -lhiredis -lssl -lcrypto

$(B)/tc-hook: $(HOOK_O) $(A)
	$(SAY) LD $@
	$(Q)$(LINK) $(HOOK_O) $(A) $(LDLIBS) $(HTTPD)

$(B)/tc-serve: $(SERVE_O) $(A)
	$(SAY) LD $@
	$(Q)$(LINK) $(SERVE_O) $(A) $(LDLIBS) $(HTTPD) -lsqlite3 $(CURL) $(CRYPTO)

$(B)/tc-report: $(REPORT_O) $(B)/cmd/tc-report/style.o $(A)
	$(SAY) LD $@
	$(Q)$(LINK) $(REPORT_O) $(B)/cmd/tc-report/style.o $(A) $(LDLIBS) -lm

# The page's style sheet, as a C string.
$(B)/cmd/tc-report/style.c: cmd/tc-report/page.css
	$(SAY) GEN $@
	$(Q)mkdir -p $(@D) && { echo '#include "cmd/tc-report/page.h"'; echo 'const char *const report_style[] = {'; \
		sed 's/[\\"]/\\&/g; s/^[[:blank:]]*/"/; s/$$/\\n",/' cmd/tc-report/page.css; echo '0};'; } > $@.tmp && mv $@.tmp $@

$(B)/cmd/tc-report/style.o: $(B)/cmd/tc-report/style.c
	$(SAY) CC $(B)/cmd/tc-report/style.c
	$(Q)$(COMPILE) -iquote . $(B)/cmd/tc-report/style.c

# The script that tc-rate has the server run, as a C string.
$(B)/cmd/tc-rate/script.c: cmd/tc-rate/limiter.lua
	$(SAY) GEN $@
	$(Q)mkdir -p $(@D) && { echo '#include "cmd/tc-rate/rate.h"'; echo 'const char *const limiter_script[] = {'; \
		sed '/^--/d; s/[\\"]/\\&/g; s/^[[:blank:]]*/"/; s/$$/\\n",/' cmd/tc-rate/limiter.lua; echo '0};'; } > $@.tmp && mv $@.tmp $@

$(B)/cmd/tc-rate/script.o: $(B)/cmd/tc-rate/script.c
	$(SAY) CC $(B)/cmd/tc-rate/script.c
	$(Q)$(COMPILE) -iquote . $(B)/cmd/tc-rate/script.c

# Completions come out of --help, which comes out of the tables of options.
$(B)/completions/made: $(BUILT) cmd/complete.awk
	$(SAY) GEN $(@D)
	$(Q)set -e; list() { sed -n "s/.*\"$$1\": \[\(.*\)\].*/\1/p" $(NAMES:%=lib/profiles/%.json) | tr -d '",' | \
		tr ' ' '\n' | grep -v / | sort -u | tr '\n' ' '; }; for tool in $(TOOLS); do for file in bash/$$tool zsh/_$$tool fish/$$tool.fish; do \
		mkdir -p $(@D)/$${file%/*}; $(B)/$$tool --help | awk -v shell=$${file%/*} -v profiles="$$(echo $(NAMES))" \
			-v formats="$$(list format)" -v qualities="$$(list quality)" -v resolutions="$$(list resolution)" \
			-f cmd/complete.awk > $(@D)/$$file; done; done; : > $@

# Made anew, so that no object of a file that is gone stays in it.
$(A): $(LIB_O) $(B)/lib/builtin.o
	$(SAY) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $(LIB_O) $(B)/lib/builtin.o

# GNU make's form of the rule; lib/bsd.mk has BSD make's.
COMPILE  = $(CC) $(OURS) $(CPPFLAGS) $(CFLAGS) -c -o $@
SOURCE   = $(@:$(B)/%.o=%.c)
$(B)/%.o: %.c Makefile
	$(SAY) CC $(SOURCE)
	$(Q)mkdir -p $(@D) && $(COMPILE) $(SOURCE)

# The profiles, as C strings.
$(B)/lib/builtin.c: $(PROFILES) lib/builtin.sh
	$(SAY) GEN $@
	$(Q)mkdir -p $(@D) && sh lib/builtin.sh $(PROFILES) > $@.tmp && mv $@.tmp $@

$(B)/lib/builtin.o: $(B)/lib/builtin.c
	$(SAY) CC $(B)/lib/builtin.c
	$(Q)$(COMPILE) $(B)/lib/builtin.c

D        = $(DESTDIR)
DIRS     = $(BINDIR) $(MANDIR)/man1 $(MANDIR)/man5 $(MANDIR)/man7 $(DOCDIR)/profiles $(DOCDIR) $(BASHDIR) $(ZSHDIR) $(FISHDIR)
install: all ## into PREFIX (/usr/local), below DESTDIR if set
	for dir in $(DIRS); do install -d $(D)$$dir || exit; done
	install -m 755 $(BUILT) $(D)$(BINDIR)
	for page in man/*.[157]; do install -m 644 $$page $(D)$(MANDIR)/man$${page##*.} || exit; done
	install -m 644 $(PROFILES) $(D)$(DOCDIR)/profiles
	install -m 644 $(TOOLS:%=$(B)/completions/bash/%) $(D)$(BASHDIR)
	install -m 644 $(TOOLS:%=$(B)/completions/zsh/_%) $(D)$(ZSHDIR)
	install -m 644 $(TOOLS:%=$(B)/completions/fish/%.fish) $(D)$(FISHDIR)

# Directories that are left empty go too, but of the system's own only what is ours alone.
uninstall: ## take away what install put there
	rm -f $(TOOLS:%=$(D)$(BINDIR)/%) $(PROFILES:lib/%=$(D)$(DOCDIR)/%)
	rm -f $(TOOLS:%=$(D)$(BASHDIR)/%) $(TOOLS:%=$(D)$(ZSHDIR)/_%) $(TOOLS:%=$(D)$(FISHDIR)/%.fish)
	for page in man/*.[157]; do rm -f $(D)$(MANDIR)/man$${page##*.}/$${page##*/} || exit; done
	top='$(D)'; for dir in $(DIRS:%=$(D)%); do case $${top:=$(PREFIX)} in /|/usr|/usr/local) dir=;; esac; \
		while [ "$$dir" != "$$top" ] && rmdir "$$dir" 2>/dev/null; do dir=$${dir%/*}; done; done
	rmdir $(D)$(DOCDIR)/profiles $(D)$(DOCDIR) 2>/dev/null || :

clean: ## take away what was built
	rm -rf $(B)

help: ## this list
	@cat Makefile tests/*.mk 2>/dev/null | sed -n 's/^\([a-z]*\):[^#]*## /\1	/p' | while IFS='	' read -r name text; do \
		printf '  make %-10s %s\n' "$$name" "$$text"; done
	@for run in tests/*/run.sh; do name=$${run%/*}; [ ! -e "$$run" ] || printf '  make %-10s run %s\n' "$${name#*/}" "$$run"; done

.PHONY: all install uninstall clean help
.DELETE_ON_ERROR:

# GNU make has no .CURDIR, BSD make no wildcard: each reads what is meant for it.
-include $(wildcard $(B)/*/*.d $(B)/*/*/*.d $(B)/*/*/*/*.d tests/tests.mk) /dev/null
-include $(.CURDIR)/lib/bsd.mk
