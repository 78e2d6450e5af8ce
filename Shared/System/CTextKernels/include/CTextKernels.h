#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

// The loops over text that Swift cannot write, because they take instructions for vectors that not every processor of the
// platform has. Those of base64url do whole blocks only and say how far they came; what is left is Swift's, and so is
// everything on a processor without those instructions.

/// Decodes blocks of 32 characters of base64url into 24 bytes each, up to the first block that has a character outside of
/// the alphabet; at most three characters are left otherwise, of 32 or more. Returns how many it has decoded.
size_t base64url_decode_blocks(const uint8_t *text, size_t count, uint8_t *bytes);

/// Encodes blocks of 24 bytes into 32 characters of base64url each; at most six bytes are left, of 28 or more. Returns how
/// many it has encoded.
size_t base64url_encode_blocks(const uint8_t *bytes, size_t count, uint8_t *text);

/// Sixteen bytes of text, the first in the lowest place.
typedef int64_t text_block __attribute__((vector_size(16)));

/// How many of 16 bytes stand for themselves in a string of JSON, up to the first that does not: a quote, a backslash, a
/// control character, or a part of a character beyond ASCII.
static inline int64_t json_plain_bytes(text_block block) {
#ifdef __SSE2__
    __m128i text = (__m128i)block;
    // As signed numbers, what is beyond ASCII lies below the control characters.
    __m128i special = _mm_cmplt_epi8(text, _mm_set1_epi8(0x20));
    special = _mm_or_si128(special, _mm_cmpeq_epi8(text, _mm_set1_epi8('"')));
    special = _mm_or_si128(special, _mm_cmpeq_epi8(text, _mm_set1_epi8('\\')));
    return __builtin_ctz((unsigned)_mm_movemask_epi8(special) | 1u << 16);
#else
    uint8_t text[16];
    memcpy(text, &block, 16);
    for (int64_t count = 0; count < 16; count++) {
        if (text[count] < 0x20 || text[count] >= 0x80 || text[count] == '"' || text[count] == '\\') return count;
    }
    return 16;
#endif
}

/// Copies a string of at least eight bytes, parts of it twice, and returns whether each of its bytes stands for itself in a
/// string of JSON. The memory that it is copied to is written in either case.
static inline bool json_copy_plain(const uint8_t *from, size_t count, uint8_t *to) {
    text_block block;
    if (count < 16) {
        // Two words of eight bytes, which overlap.
        memcpy(&block, from, 8);
        memcpy((uint8_t *)&block + 8, from + count - 8, 8);
        memcpy(to, &block, 8);
        memcpy(to + count - 8, (uint8_t *)&block + 8, 8);
        return json_plain_bytes(block) == 16;
    }
    // The last block overlaps the one before it.
    size_t last = count - 16;
    for (size_t place = 0;; place = place + 16 < last ? place + 16 : last) {
        memcpy(&block, from + place, 16);
        if (json_plain_bytes(block) < 16) return false;
        memcpy(to + place, &block, 16);
        if (place == last) return true;
    }
}
