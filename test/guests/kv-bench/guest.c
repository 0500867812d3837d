#include "../guest.h"

IMPORT("switchboard:host/kv@0.1.0", "get")
extern void kv_get(const char *store, uint32_t store_len, const char *key, uint32_t key_len, void *out);
IMPORT("switchboard:host/kv@0.1.0", "set")
extern void kv_set(const char *store, uint32_t store_len, const char *key, uint32_t key_len, const char *value,
                   uint32_t value_len, uint32_t has_ttl, uint64_t ttl, void *out);

EXPORT("echo") list_t *echo(const char *text, uint32_t len) { return give(text, len); }
EXPORT("cabi_post_echo") void post_echo(void *area) {
  (void)area;
  heap_reset();
}

static int32_t length_of(const char *key, uint32_t len) {
  /* result<option<list<u8>>, variant<string>>: tag at 0; at 4 the tag of option or variant, at 8 pointer and length. */
  static struct {
    uint32_t failed;
    uint32_t some;
    const void *ptr;
    uint32_t len;
  } out;
  kv_get("bench", 5, key, len, &out);
  if ((out.failed & 0xff) != 0) return -2;
  return (out.some & 0xff) == 0 ? -1 : (int32_t)out.len;
}

EXPORT("get") int32_t get(const char *key, uint32_t len) {
  int32_t found = length_of(key, len);
  heap_reset();
  return found;
}

EXPORT("get-often") int32_t get_often(const char *key, uint32_t len, uint32_t times) {
  int32_t found = -1;
  char copy[64];
  uint32_t most = len < sizeof copy ? len : sizeof copy;
  __builtin_memcpy(copy, key, most);
  for (uint32_t i = 0; i < times; i += 1) {
    found = length_of(copy, most);
    heap_reset();
  }
  return found;
}

EXPORT("set") int32_t set(const char *key, uint32_t len, const char *value, uint32_t value_len) {
  static uint32_t out[4];
  kv_set("bench", 5, key, len, value, value_len, 0, 0, out);
  int32_t failed = (out[0] & 0xff) != 0 ? -2 : 0;
  heap_reset();
  return failed;
}
