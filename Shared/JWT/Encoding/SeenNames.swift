/// The names of the members of an object so far, to detect a repeated name.
///
/// The first eight names allocate no memory. A name with escapes allocates memory, because its resolved bytes are
/// stored.
struct SeenNames {
    private static let inlineCapacity = 8
    private var first = InlineArray<8, JSONSlice>(repeating: JSONSlice(0, 0, .null))
    private var count = 0
    private var more: Set<[UInt8]> = []

    /// Adds a name. Returns false when the object already has the name, even with other escapes.
    mutating func insert(_ name: JSONSlice, _ bytes: Span<UInt8>) -> Bool {
        guard name.isPlainString else {
            let text = bytes.unescaped(name)
            for index in 0..<count where bytes.equals(first[index].range, text.span) { return false }
            return more.insert(text).inserted
        }
        for index in 0..<count where bytes.equals(first[index].range, bytes.extracting(name.range)) { return false }
        if count < Self.inlineCapacity {
            first[count] = name
            count += 1
            return more.isEmpty || !more.contains(bytes.unescaped(name))
        }
        return more.insert(bytes.unescaped(name)).inserted
    }
}
