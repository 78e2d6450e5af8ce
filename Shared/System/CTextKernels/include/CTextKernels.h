#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

// Loops over text in C, because Swift cannot use vector instructions that only some processors of the platform have. The loops
// of base64url process whole blocks and return how far they came. Swift code does the rest, or all of it on a processor
// without those instructions.

/// Decodes blocks of 32 characters of base64url into 24 bytes each, and returns the number of decoded characters.
///
/// It stops before the first block with a character outside of the alphabet. Otherwise at most three characters remain of a
/// text of 32 or more.
size_t base64url_decode_blocks(const uint8_t *text, size_t count, uint8_t *bytes);

/// Encodes blocks of 24 bytes into 32 characters of base64url each, and returns the number of encoded bytes. At most six
/// bytes remain of 28 or more.
size_t base64url_encode_blocks(const uint8_t *bytes, size_t count, uint8_t *text);

/// Sixteen bytes of text, the first in the lowest position.
typedef int64_t text_block __attribute__((vector_size(16)));

/// The number of bytes before the first of 16 that is special in a JSON string: a quote, a backslash, a control character, or a
/// part of a character beyond ASCII. It is 16 without such a byte.
static inline int64_t json_plain_bytes(text_block block) {
#ifdef __SSE2__
    __m128i text = (__m128i)block;
    // As signed numbers, the bytes beyond ASCII are less than the control characters.
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

/// Copies a string of at least eight bytes, and returns whether none of them is special in a JSON string. The target is written
/// in either case.
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
    for (size_t at = 0;; at = at + 16 < last ? at + 16 : last) {
        memcpy(&block, from + at, 16);
        if (json_plain_bytes(block) < 16) return false;
        memcpy(to + at, &block, 16);
        if (at == last) return true;
    }
}
