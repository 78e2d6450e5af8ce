// A host name whose address a test changes. This function replaces the one of the C library in the process of the tests.
// Only root could change the files that the C library reads.

#define _GNU_SOURCE
#include "MovingHost.h"
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <string.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_changed = PTHREAD_COND_INITIALIZER;
static uint32_t host_address = INADDR_LOOPBACK;

void moving_host_set_address(uint32_t address) {
  pthread_mutex_lock(&mutex);
  host_address = address;
  pthread_cond_broadcast(&has_changed);
  pthread_mutex_unlock(&mutex);
}

static uint32_t wait_for_address(void) {
  pthread_mutex_lock(&mutex);
  while (host_address == 0) pthread_cond_wait(&has_changed, &mutex);
  uint32_t address = host_address;
  pthread_mutex_unlock(&mutex);
  return address;
}

int getaddrinfo(const char *restrict name, const char *restrict service, const struct addrinfo *restrict hints,
                struct addrinfo **restrict result) {
  int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
      (int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))dlsym(RTLD_NEXT, "getaddrinfo");
  if (!name || strcmp(name, MOVING_HOST) != 0) return next(name, service, hints, result);
  char text[INET_ADDRSTRLEN];
  struct in_addr address = {htonl(wait_for_address())};
  inet_ntop(AF_INET, &address, text, sizeof text);
  return next(text, service, hints, result);
}
