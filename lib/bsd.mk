# For BSD make alone: what Makefile says in GNU make's words.
.for object in $(OBJECTS)
$(object): $(object:$(B)/%.o=%.c) Makefile
	$(SAY) CC $(SOURCE)
	$(Q)mkdir -p $(@D) && $(COMPILE) $(SOURCE)
-include $(object:.o=.d)
.endfor

# NetBSD's would compile against the system below DESTDIR; here that is where to install, and no more.
CPPFLAGS := $(CPPFLAGS:N-nostdinc:N-idirafter:N$(DESTDIR)/usr/include)

check demo tests deps lint deb dist:
	@echo "make $@ is for GNU make: type gmake $@" >&2; exit 1
.PHONY: check demo tests deps lint deb dist
