#define GUEST_OWN_REALLOC
#include "../services.h"

static volatile uint32_t sink;

EXPORT("spin") void spin(void) {
  for (;;) sink++;
}

EXPORT("spin-host") void spin_host(void) {
  for (;;) sink += (uint32_t)clock_now();
}

EXPORT("grow") uint32_t grow(void) {
  uint32_t pages = 0;
  while (__builtin_wasm_memory_grow(0, 1) != (size_t)-1) pages++;
  return pages;
}

EXPORT("touch-memory") uint32_t touch_memory(uint32_t pages) {
  uint32_t got = 0;
  for (; got < pages; got++) {
    size_t page = __builtin_wasm_memory_grow(0, 1);
    if (page == (size_t)-1) break;
    for (uint32_t at = 0; at < PAGE; at += 1024) *(volatile uint32_t *)(page * PAGE + at) = got;
  }
  return got;
}

__attribute__((noinline)) static uint32_t descend(uint32_t depth) {
  if (depth == 0) return sink;
  return descend(depth - 1) * 31u ^ depth;
}

EXPORT("recurse") uint32_t recurse(uint32_t depth) { return descend(depth); }
EXPORT("trap") void trap(void) { __builtin_trap(); }

/* Written so that no compiler can know the divisor. */
EXPORT("divide") uint32_t divide(uint32_t a, uint32_t b) { return a / b; }
EXPORT("read-outside") uint32_t read_outside(void) { return *(volatile uint32_t *)0xfffffff0u; }
EXPORT("exit") void exit_now(uint32_t failed) { wasi_exit(failed); }

/* A text of so many bytes, all printable. */
static char *filled(uint32_t size) {
  char *text = heap_alloc(size, 8);
  __builtin_memset(text, 'x', size);
  return text;
}

static list_t *aliases(uint32_t count, uint32_t size) {
  char *text = filled(size);
  list_t *items = heap_alloc((size_t)count * sizeof(list_t), 4);
  for (uint32_t i = 0; i < count; i++) items[i] = (list_t){text, size};
  return items;
}

EXPORT("alias-strings") list_t *alias_strings(uint32_t count, uint32_t size) {
  return give(aliases(count, size), count);
}
EXPORT("alias-bytes") list_t *alias_bytes(uint32_t count, uint32_t size) { return give(aliases(count, size), count); }

EXPORT("alias-log") void alias_log(uint32_t count, uint32_t size) {
  log_write(2, "aliases", 7, aliases(count * 2, size), count);
}

EXPORT("log-flood") void log_flood(uint32_t count, uint32_t size) {
  const char *text = filled(size);
  for (uint32_t i = 0; count == 0 || i < count; i++) log_write(2, text, size, 0, 0);
}

EXPORT("stdout-flood") uint32_t stdout_flood(uint32_t count, uint32_t size) {
  const char *text = filled(size);
  uint32_t stream = get_stdout();
  uint32_t accepted = 0;
  for (uint32_t i = 0; count == 0 || i < count; i++)
    if (write_all(stream, text, size)) accepted++;
  stream_drop(stream);
  return accepted;
}

EXPORT("huge-string") list_t *huge_string(uint32_t size) { return give(filled(size), size); }
EXPORT("huge-list") list_t *huge_list(uint32_t count) { return give(filled(count * 8), count); }

EXPORT("bad-utf8") list_t *bad_utf8(void) { return TEXT("a\xff\xfe\xc0\x80z"); }
EXPORT("bad-pointer") list_t *bad_pointer(void) { return give((const void *)0xfffffff0u, 100); }
EXPORT("bad-length") list_t *bad_length(void) { return give((const void *)8, 0x20000001u); }
EXPORT("bad-alignment") list_t *bad_alignment(void) { return give((const void *)9, 2); }
EXPORT("bad-enum") uint32_t bad_enum(void) { return 3; }

static uint32_t area[4];

EXPORT("bad-variant") void *bad_variant(void) {
  area[0] = 2;
  return area;
}
EXPORT("bad-option") void *bad_option(void) {
  area[0] = 2;
  return area;
}
EXPORT("bad-result") void *bad_result(void) {
  area[0] = 255;
  return area;
}
EXPORT("bad-char") uint32_t bad_char(void) { return 0xd800; }

static uint32_t realloc_mode;

EXPORT("cabi_realloc") void *cabi_realloc(void *old, size_t old_size, size_t align, size_t new_size) {
  if (realloc_mode == 1) return (void *)0xfffffff0u;
  if (realloc_mode == 2) __builtin_trap();
  if (realloc_mode == 3) spin();
  void *fresh = heap_realloc(old, old_size, align, new_size + 1);
  return realloc_mode == 4 ? (char *)fresh + 1 : fresh;
}

EXPORT("arm-realloc") void arm_realloc(uint32_t mode) { realloc_mode = mode; }
EXPORT("take") uint32_t take(const char *text, uint32_t len) { return len > 0 ? (uint32_t)text[len - 1] : 0; }

EXPORT("post-trap") list_t *post_trap(void) { return TEXT("returned"); }
EXPORT("cabi_post_post-trap") void after_trap(void *ignored) {
  (void)ignored;
  __builtin_trap();
}
EXPORT("post-spin") list_t *post_spin(void) { return TEXT("returned"); }
EXPORT("cabi_post_post-spin") void after_spin(void *ignored) {
  (void)ignored;
  spin();
}
