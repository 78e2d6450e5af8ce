#pragma once
#include <stddef.h>
#include <stdint.h>

/// The least that a check of an HS256 token can take: HMAC-SHA256 over its signing input from states made beforehand.
typedef struct floor_key floor_key;

floor_key *_Nullable floor_key_new(const uint8_t *_Nonnull secret, size_t count);
void floor_hmac(const floor_key *_Nonnull key, const uint8_t *_Nonnull input, size_t count, uint8_t *_Nonnull output);

/// CPU time of this process, in nanoseconds.
double floor_cpu_time(void);

/// How many blocks of memory the process has allocated so far.
size_t floor_allocations(void);
