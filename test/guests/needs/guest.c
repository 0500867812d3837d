#include "../guest.h"

IMPORT("acme:db/query@1.0.0", "run") extern void query_run(const char *sql, uint32_t len, list_t *out);

EXPORT("run") list_t *run(const char *sql, uint32_t len) {
  list_t rows;
  query_run(sql, len, &rows);
  return give(rows.ptr, rows.len);
}
