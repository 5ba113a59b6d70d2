# tc: batch transcoding as Unix filters. `make help` says what can be made.
VERSION  = 0.1.0
PREFIX   = /usr/local
BINDIR   = $(PREFIX)/bin
MANDIR   = $(PREFIX)/share/man
B        = build

CFLAGS  ?= -O2 -g
WARN     = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
# CPPFLAGS, CFLAGS, LDFLAGS and LDLIBS are the user's: what we need is kept apart.
OURS     = -std=c11 -D_POSIX_C_SOURCE=200809L -DTC_VERSION='"$(VERSION)"' -Ilib $(WARN) -MMD -MP
V        = 0
Q        = $(if $(filter 0,$(V)),@)
SAY      = $(if $(filter 0,$(V)),@printf '%-4s %s\n')

# Which tool is made of what. tc-pool speaks no HTTP and links no libcurl.
FILTERS  = tc-create tc-wait tc-url
POOL     = $(if $(wildcard cmd/tc-pool),tc-pool)
SERVER   = tc-serve
SCRIPTS  = tc-report
TOOLS    = $(FILTERS) $(POOL) $(SERVER) $(SCRIPTS)

LIB      = $(patsubst lib/%.c,$(B)/lib/%.o,$(wildcard lib/*.c)) $(B)/lib/builtin.o
PROFILES = $(wildcard lib/profiles/*.json)
MAN      = $(wildcard man/*.[1-8])

all: $(TOOLS:%=$(B)/%)

$(FILTERS:%=$(B)/%): $(B)/%: $(B)/cmd/%.o $(B)/libtc.a
	$(SAY) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcurl

$(POOL:%=$(B)/%): $(patsubst %.c,$(B)/%.o,$(wildcard cmd/tc-pool/*.c)) $(B)/libtc.a
	$(SAY) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(SERVER:%=$(B)/%): $(patsubst %.c,$(B)/%.o,$(wildcard cmd/tc-serve/*.c)) $(B)/libtc.a
	$(SAY) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lmicrohttpd -lsqlite3

$(SCRIPTS:%=$(B)/%): $(B)/%: cmd/%.sh
	$(SAY) SH $@
	$(Q)sed 's/@VERSION@/$(VERSION)/' $< > $@.tmp && chmod 755 $@.tmp && mv $@.tmp $@

# Made anew, so that no object of a file that is gone stays in it.
$(B)/libtc.a: $(LIB)
	$(SAY) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/%.o: %.c
	$(SAY) CC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(OURS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# The profiles, as C strings.
$(B)/lib/builtin.c: $(PROFILES) lib/builtin.sh
	$(SAY) GEN $@
	$(Q)mkdir -p $(@D) && sh lib/builtin.sh $(PROFILES) > $@.tmp && mv $@.tmp $@

$(B)/lib/builtin.o: $(B)/lib/builtin.c
	$(SAY) CC $<
	$(Q)$(CC) $(OURS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

clean:
	rm -rf $(B)

.PHONY: all clean
.DELETE_ON_ERROR:
-include $(wildcard $(B)/*/*.d $(B)/*/*/*.d)
