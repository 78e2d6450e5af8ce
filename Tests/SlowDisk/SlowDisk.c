// A slow disk below a process under test. With LD_PRELOAD, the first read of each page of a database waits for the
// milliseconds in the file that SLOW_DISK_FILE names, a 64-bit integer. Another process may change the number at any time.
// Later reads of the page do not wait, as if the system had it in memory.

#define _GNU_SOURCE

#include "SlowDisk.h"
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { page_bytes = 4096, maximum_pages = 1 << 20 };

static const volatile int64_t *milliseconds;
static atomic_bool is_in_memory[maximum_pages];

__attribute__((constructor)) static void open_milliseconds(void) {
  const char *path = getenv("SLOW_DISK_FILE");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *memory = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (memory != MAP_FAILED) milliseconds = memory;
}

static int is_database(int file) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path);
  const char suffix[] = ".sqlite";
  size_t size = sizeof suffix - 1;
  return length >= (ssize_t)size && memcmp(path + length - size, suffix, size) == 0;
}

ssize_t pread64(int file, void *bytes, size_t count, off64_t offset) {
  int64_t page = offset / page_bytes;
  if (milliseconds && page < maximum_pages && is_database(file) && !atomic_exchange(&is_in_memory[page], 1)) {
    struct timespec wait = {*milliseconds / 1000, *milliseconds % 1000 * 1000000};
    nanosleep(&wait, NULL);
  }
  return syscall(SYS_pread64, file, bytes, count, offset);
}
