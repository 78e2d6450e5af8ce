#pragma once
#include <stddef.h>
#include <stdint.h>

/// The least work of verifying an HS256 token: HMAC-SHA256 over its signing input, from prepared states.
typedef struct floor_key floor_key;

floor_key *_Nullable floor_key_new(const uint8_t *_Nonnull secret, size_t count);
void floor_hmac(const floor_key *_Nonnull key, const uint8_t *_Nonnull input, size_t count, uint8_t *_Nonnull output);

/// The CPU time of this process, in nanoseconds.
double floor_cpu_time(void);

/// The number of memory blocks that the process has allocated so far.
size_t floor_allocations(void);
