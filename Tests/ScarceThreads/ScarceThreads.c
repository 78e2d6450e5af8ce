// A process that cannot start further threads. This function replaces the one of the C library in the process of the tests,
// because root has no limit of processes.

#define _GNU_SOURCE
#include "ScarceThreads.h"
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>

static _Thread_local bool is_forbidden = false;

void scarce_threads_allow(bool allow) { is_forbidden = !allow; }

int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes, void *(*start)(void *),
                   void *restrict argument) {
  int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
      (int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))dlsym(RTLD_NEXT, "pthread_create");
  return is_forbidden ? EAGAIN : next(thread, attributes, start, argument);
}
