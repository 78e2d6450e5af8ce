/* Counts the queries (SELECT) that a process starts: load it with LD_PRELOAD. The counter is the first 8 bytes of the
   file that STATEMENTS_FILE names. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct sqlite3_stmt sqlite3_stmt;

static int (*next_step)(sqlite3_stmt *);
static int (*is_busy)(sqlite3_stmt *);
static const char *(*text_of)(sqlite3_stmt *);
static _Atomic long fallback;
static _Atomic long *counter = &fallback;

__attribute__((constructor)) static void prepare(void) {
  next_step = dlsym(RTLD_NEXT, "sqlite3_step");
  is_busy = dlsym(RTLD_NEXT, "sqlite3_stmt_busy");
  text_of = dlsym(RTLD_NEXT, "sqlite3_sql");
  const char *path = getenv("STATEMENTS_FILE");
  int file = path ? open(path, O_RDWR | O_CREAT, 0600) : -1;
  if (file < 0 || ftruncate(file, sizeof *counter) != 0) return;
  void *memory = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory != MAP_FAILED) counter = memory;
  close(file);
}

int sqlite3_step(sqlite3_stmt *statement) {
  /* SQLite's own statements have no text. A statement is busy from its first row to its last one: count its start only. */
  const char *text = text_of(statement);
  if (text && !is_busy(statement) && strncasecmp(text, "SELECT", 6) == 0) atomic_fetch_add(counter, 1);
  return next_step(statement);
}
