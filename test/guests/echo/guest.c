#include "../guest.h"

EXPORT("echo") list_t *echo(const char *ptr, uint32_t len) { return give(ptr, len); }
EXPORT("cabi_post_echo") void post_echo(void *area) {
  (void)area;
  heap_reset();
}
EXPORT("add") uint32_t add(uint32_t a, uint32_t b) { return a + b; }
