/// The names seen in an object, to find one that comes twice. The first few take no memory of their own, unless they have
/// escapes, which are resolved once for each.
struct SeenNames {
    private static let inlineCapacity = 8
    private var first = InlineArray<8, JSONSlice>(repeating: JSONSlice(0, 0, .null))
    private var count = 0
    private var more: Set<[UInt8]> = []

    /// Adds a name; false when it was there already, whichever way it is escaped.
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
