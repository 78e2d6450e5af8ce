#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

// The loops over text that Swift cannot write, because they take instructions for vectors that not every processor of the
// platform has. Each does whole blocks only and says how far it came; what is left is Swift's, and so is everything on a
// processor without those instructions.

/// Decodes blocks of 32 characters of base64url into 24 bytes each, up to the first block that has a character outside of
/// the alphabet. Returns how many characters it has decoded.
size_t base64url_decode_blocks(const uint8_t *text, size_t count, uint8_t *bytes);

/// Encodes blocks of 24 bytes into 32 characters of base64url each, as long as 28 bytes can be read. Returns how many bytes
/// it has encoded.
size_t base64url_encode_blocks(const uint8_t *bytes, size_t count, uint8_t *text);

/// How many of 16 bytes, the first in the lowest place of `low`, stand for themselves in a string of JSON, up to the first
/// that does not: a quote, a backslash, a control character, or a part of a character beyond ASCII.
static inline int64_t json_plain_bytes(uint64_t low, uint64_t high) {
#ifdef __SSE2__
    __m128i block = _mm_set_epi64x((long long)high, (long long)low);
    // As signed numbers, what is beyond ASCII lies below the control characters.
    __m128i special = _mm_cmplt_epi8(block, _mm_set1_epi8(0x20));
    special = _mm_or_si128(special, _mm_cmpeq_epi8(block, _mm_set1_epi8('"')));
    special = _mm_or_si128(special, _mm_cmpeq_epi8(block, _mm_set1_epi8('\\')));
    return __builtin_ctz((unsigned)_mm_movemask_epi8(special) | 1u << 16);
#else
    for (int64_t count = 0; count < 16; count++) {
        uint8_t byte = (uint8_t)((count < 8 ? low : high) >> count % 8 * 8);
        if (byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\') return count;
    }
    return 16;
#endif
}
