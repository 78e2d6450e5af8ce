#define _GNU_SOURCE
#define OPENSSL_SUPPRESS_DEPRECATED
#include "Floor.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct floor_key {
    SHA256_CTX inner, outer;
};

floor_key *floor_key_new(const uint8_t *secret, size_t count) {
    uint8_t block[64] = {0}, padded[64];
    if (count > sizeof block) return NULL;
    memcpy(block, secret, count);
    floor_key *key = malloc(sizeof *key);
    if (!key) return NULL;
    SHA256_CTX *contexts[] = {&key->inner, &key->outer};
    for (int side = 0; side < 2; side++) {
        for (size_t index = 0; index < sizeof block; index++) padded[index] = block[index] ^ (side ? 0x5c : 0x36);
        SHA256_Init(contexts[side]);
        SHA256_Update(contexts[side], padded, sizeof padded);
    }
    return key;
}

void floor_hmac(const floor_key *key, const uint8_t *input, size_t count, uint8_t *output) {
    SHA256_CTX context = key->inner;
    SHA256_Update(&context, input, count);
    SHA256_Final(output, &context);
    context = key->outer;
    SHA256_Update(&context, output, SHA256_DIGEST_LENGTH);
    SHA256_Final(output, &context);
}

double floor_cpu_time(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

// Counts every allocation of the process. The functions of glibc have these other names.
static size_t allocations;
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t),
    *__libc_memalign(size_t, size_t);

void *malloc(size_t size) {
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
    allocations++;
    return __libc_realloc(block, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
    allocations++;
    *block = __libc_memalign(alignment, size);
    return *block ? 0 : 12;
}

size_t floor_allocations(void) { return allocations; }
