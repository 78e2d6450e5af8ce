/// A Bloom filter that keeps the three bits of an id in one word, so a lookup costs one access to memory.
///
/// A lookup in a dictionary of 100,000 entries costs several accesses, which would double the time to verify a token.
/// The filter has 16 to 64 bits for each entry. Of the ids that are not in the list, fewer than one in fifty pass the
/// filter and cost a lookup in the dictionary.
struct BloomFilter {
    /// The number of entries that the filter has room for.
    let capacity: Int
    private var words: [UInt64]

    private static let minimumCapacity = 256
    private static let entriesPerWord = 4

    init(capacity: Int) {
        var size = Self.minimumCapacity
        while size < capacity { size *= 2 }
        self.capacity = size
        words = Array(repeating: 0, count: size / Self.entriesPerWord)
    }

    /// Adds the hash of an id.
    mutating func insert(_ hash: Int) {
        words[index(of: hash)] |= bits(of: hash)
    }

    /// Whether the hash may have been inserted; false is certain.
    func mayContain(_ hash: Int) -> Bool {
        words[index(of: hash)] & bits(of: hash) == bits(of: hash)
    }

    private func index(of hash: Int) -> Int {
        hash & (words.count - 1)
    }

    private func bits(of hash: Int) -> UInt64 {
        let high = UInt64(truncatingIfNeeded: hash) >> 46
        return 1 << (high & 63) | 1 << (high >> 6 & 63) | 1 << (high >> 12 & 63)
    }
}
