/* The stock world by nothing but the C library of wasi-sdk. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "without_web.h"

typedef without_web_string_t string;

extern char **environ;
#ifdef PREVIEW2
/* Headers of the preview 1 sysroot leave them out; the library of preview 2 has them. */
int socket(int, int, int);
int connect(int, const struct sockaddr *, socklen_t);
#endif

static char *cstring(const string *text) { return strndup((const char *)text->ptr, text->len); }

static bool failed(string *err) {
  without_web_string_dup(err, strerror(errno));
  return false;
}

bool exports_test_stock_files_read(string *path, string *ret, string *err) {
  FILE *file = fopen(cstring(path), "r");
  if (!file) return failed(err);
  char *text = NULL;
  size_t size = 0, got;
  do {
    text = realloc(text, size + 4096);
    got = fread(text + size, 1, 4096, file);
    size += got;
  } while (got > 0);
  if (ferror(file)) return failed(err);
  fclose(file);
  without_web_string_dup_n(ret, text, size);
  return true;
}

bool exports_test_stock_files_write(string *path, string *text, string *err) {
  FILE *file = fopen(cstring(path), "w");
  if (!file) return failed(err);
  if (fwrite(text->ptr, 1, text->len, file) != text->len || fclose(file) != 0) return failed(err);
  return true;
}

static int by_name(const void *a, const void *b) {
  const string *one = a, *other = b;
  size_t length = one->len < other->len ? one->len : other->len;
  int order = memcmp(one->ptr, other->ptr, length);
  return order ? order : (int)one->len - (int)other->len;
}

bool exports_test_stock_files_entries(string *path, without_web_list_string_t *ret, string *err) {
  DIR *dir = opendir(cstring(path));
  if (!dir) return failed(err);
  ret->ptr = NULL;
  ret->len = 0;
  for (struct dirent *entry; (entry = readdir(dir));) {
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    ret->ptr = realloc(ret->ptr, (ret->len + 1) * sizeof(string));
    without_web_string_dup(&ret->ptr[ret->len++], entry->d_name);
  }
  closedir(dir);
  qsort(ret->ptr, ret->len, sizeof(string), by_name);
  return true;
}

bool exports_test_stock_files_shuffle(string *dir, string *err) {
  char inner[512], one[512], two[512];
  char *base = cstring(dir);
  snprintf(inner, sizeof inner, "%s/inner", base);
  snprintf(one, sizeof one, "%s/one", base);
  snprintf(two, sizeof two, "%s/inner/two", base);
  if (mkdir(inner, 0777)) return failed(err);
  FILE *file = fopen(one, "w");
  if (!file || fputs("first line\n", file) < 0 || fflush(file) || fsync(fileno(file)) || fclose(file))
    return failed(err);
  if (rename(one, two)) return failed(err);
  file = fopen(two, "a");
  if (!file || fputs("second line\n", file) < 0 || fclose(file)) return failed(err);
  struct stat status;
  if (stat(two, &status)) return failed(err);
  if (status.st_size != 23) {
    without_web_string_dup(err, "the file has another size");
    return false;
  }
  if (unlink(two) || rmdir(inner)) return failed(err);
  return true;
}

void exports_test_stock_process_environment(without_web_list_tuple2_string_string_t *ret) {
  ret->ptr = NULL;
  ret->len = 0;
  for (char **entry = environ; entry && *entry; entry++) {
    char *equals = strchr(*entry, '=');
    ret->ptr = realloc(ret->ptr, (ret->len + 1) * sizeof(without_web_tuple2_string_string_t));
    without_web_string_dup_n(&ret->ptr[ret->len].f0, *entry, equals - *entry);
    without_web_string_dup(&ret->ptr[ret->len++].f1, equals + 1);
  }
}

/* A reactor has no main, and the C library no other way to its arguments. */
void exports_test_stock_process_arguments(without_web_list_string_t *ret) {
  ret->ptr = NULL;
  ret->len = 0;
}

bool exports_test_stock_process_input(uint64_t *ret, string *err) {
  *ret = 0;
  for (char piece[256];;) {
    ssize_t got = read(STDIN_FILENO, piece, sizeof piece);
    if (got < 0) return failed(err);
    if (got == 0) return true;
    *ret += got;
  }
}

bool exports_test_stock_process_connect(string *address, string *err) {
#ifdef PREVIEW2
  char *host = cstring(address);
  char *colon = strrchr(host, ':');
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(colon + 1))};
  *colon = 0;
  inet_pton(AF_INET, host, &to.sin_addr);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) return failed(err);
  if (connect(fd, (struct sockaddr *)&to, sizeof to)) return failed(err);
  close(fd);
  return true;
#else
  (void)address;
  without_web_string_dup(err, "preview 1 has no sockets");
  return false;
#endif
}

void exports_test_stock_script_say(string *line) {
  printf("%.*s\n", (int)line->len, (char *)line->ptr);
  fflush(stdout);
  fprintf(stderr, "%.*s\n", (int)line->len, (char *)line->ptr);
}

void exports_test_stock_script_sleep(uint32_t milliseconds, without_web_tuple2_u64_u64_t *ret) {
  struct timespec start, end, length = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
  clock_gettime(CLOCK_MONOTONIC, &start);
  nanosleep(&length, NULL);
  clock_gettime(CLOCK_MONOTONIC, &end);
  ret->f0 = time(NULL);
  ret->f1 = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
}

void exports_test_stock_script_random(uint32_t count, without_web_list_u8_t *ret) {
  ret->ptr = malloc(count);
  ret->len = count;
  for (uint32_t at = 0; at < count; at += 256) getentropy(ret->ptr + at, count - at < 256 ? count - at : 256);
}
