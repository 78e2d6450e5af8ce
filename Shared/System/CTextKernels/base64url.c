#include "CTextKernels.h"

#ifndef __x86_64__

size_t base64url_decode_blocks(const uint8_t *text, size_t count, uint8_t *bytes) { return 0; }
size_t base64url_encode_blocks(const uint8_t *bytes, size_t count, uint8_t *text) { return 0; }

#else

// The method of Wojciech Muła and Daniel Lemire, "Faster Base64 Encoding and Decoding Using AVX2 Instructions" (2018), with
// tables for the alphabet of base64url.

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))
#define TWICE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

// The six bits of each of 32 characters. `valid` becomes 0 if one of them is outside of the alphabet.
AVX2 static inline __m256i values_of(__m256i text, int *valid) {
    // For the upper half of a character: its row in the table of characters, as a bit.
    const __m256i rows = TWICE(32, 32, 1, 2, 4, 8, 4, 16, 32, 32, 32, 32, 32, 32, 32, 32);
    // For the lower half: the rows in which it is outside of the alphabet.
    const __m256i gaps = TWICE(
        0x25, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x23, 0x3B, 0x3B, 0x3A, 0x3B, 0x33);
    // For the upper half: the number to add to the character for its value.
    const __m256i offsets = TWICE(0, 0, 62 - '-', 52 - '0', -'A', -'A', 26 - 'a', 26 - 'a', 0, 0, 0, 0, 0, 0, 0, 0);
    const __m256i half = _mm256_set1_epi8(0x0F);
    __m256i upper = _mm256_and_si256(_mm256_srli_epi32(text, 4), half);
    __m256i lower = _mm256_and_si256(text, half);
    *valid = _mm256_testz_si256(_mm256_shuffle_epi8(rows, upper), _mm256_shuffle_epi8(gaps, lower));
    // The underscore is in the row of the upper-case letters.
    __m256i underscore = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('_'));
    __m256i correction = _mm256_and_si256(underscore, _mm256_set1_epi8(63 - '_' + 'A'));
    return _mm256_add_epi8(text, _mm256_add_epi8(_mm256_shuffle_epi8(offsets, upper), correction));
}

AVX2 static size_t decode_blocks(const uint8_t *text, size_t count, uint8_t *bytes) {
    const __m256i order = TWICE(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    const __m256i together = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7);
    if (count < 32) return 0;
    // The last block overlaps the one before it, by whole groups of four.
    size_t last = (count - 32) / 4 * 4;
    for (size_t at = 0;; at = at + 32 < last ? at + 32 : last) {
        int valid;
        __m256i values = values_of(_mm256_loadu_si256((const __m256i *)(text + at)), &valid);
        if (!valid) return at;
        // Adjacent values are joined to 12 bits, then to 24.
        __m256i twelves = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
        __m256i groups = _mm256_madd_epi16(twelves, _mm256_set1_epi32(0x00011000));
        __m256i block = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(groups, order), together);
        uint8_t *target = bytes + at / 4 * 3;
        _mm_storeu_si128((__m128i *)target, _mm256_castsi256_si128(block));
        _mm_storel_epi64((__m128i *)(target + 16), _mm256_extracti128_si256(block, 1));
        if (at == last) return at + 32;
    }
}

// The characters of 32 values of six bits.
AVX2 static inline __m256i text_of(__m256i values) {
    // For the lower-case letters, the ten digits, the two other characters and the upper-case letters.
    const __m256i offsets = TWICE('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
        '0' - 52, '0' - 52, '0' - 52, '-' - 62, '_' - 63, 'A', 0, 0);
    __m256i kind = _mm256_subs_epu8(values, _mm256_set1_epi8(51));
    __m256i isUpper = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), values);
    kind = _mm256_or_si256(kind, _mm256_and_si256(isUpper, _mm256_set1_epi8(13)));
    return _mm256_add_epi8(values, _mm256_shuffle_epi8(offsets, kind));
}

AVX2 static size_t encode_blocks(const uint8_t *bytes, size_t count, uint8_t *text) {
    const __m256i order = TWICE(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
    // The second load takes 16 bytes from the thirteenth on.
    if (count < 28) return 0;
    // The last block overlaps the one before it, by whole groups of three.
    size_t last = (count - 28) / 3 * 3;
    for (size_t at = 0;; at = at + 24 < last ? at + 24 : last) {
        __m128i first = _mm_loadu_si128((const __m128i *)(bytes + at));
        __m128i second = _mm_loadu_si128((const __m128i *)(bytes + at + 12));
        __m256i groups = _mm256_shuffle_epi8(_mm256_set_m128i(second, first), order);
        // Multiplications move each group of six bits to the low end of a separate byte.
        __m256i odd = _mm256_mulhi_epu16(
            _mm256_and_si256(groups, _mm256_set1_epi32(0x0FC0FC00)), _mm256_set1_epi32(0x04000040));
        __m256i even = _mm256_mullo_epi16(
            _mm256_and_si256(groups, _mm256_set1_epi32(0x003F03F0)), _mm256_set1_epi32(0x01000010));
        _mm256_storeu_si256((__m256i *)(text + at / 3 * 4), text_of(_mm256_or_si256(odd, even)));
        if (at == last) return at + 24;
    }
}

size_t base64url_decode_blocks(const uint8_t *text, size_t count, uint8_t *bytes) {
    return __builtin_cpu_supports("avx2") ? decode_blocks(text, count, bytes) : 0;
}

size_t base64url_encode_blocks(const uint8_t *bytes, size_t count, uint8_t *text) {
    return __builtin_cpu_supports("avx2") ? encode_blocks(bytes, count, text) : 0;
}

#endif
