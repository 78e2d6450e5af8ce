/// The names seen in an object, to find one that comes twice. The first few take no memory of their own.
struct NameList {
    private static let inlineCapacity = 8
    private var first = InlineArray<8, JSONSlice>(repeating: JSONSlice(0, 0, .null))
    private var count = 0
    private var more: Set<[UInt8]> = []

    /// Adds a name; false when it was there already, whichever way it is escaped.
    mutating func insert(_ name: JSONSlice, _ bytes: Span<UInt8>) -> Bool {
        for index in 0..<count where bytes.isSameString(first[index], name) { return false }
        if count < Self.inlineCapacity {
            first[count] = name
            count += 1
            return true
        }
        return more.insert(bytes.unescaped(name)).inserted
    }
}
