/// Entity tags in the field `If-None-Match` (RFC 9110 §8.8.3 and §13.1.2).
enum EntityTag {
    /// Whether the value of a field is `*`, or a list that contains a tag. The comparison is weak.
    ///
    /// - Parameters:
    ///   - field: The value of the field; several lines are joined by commas.
    ///   - tag: The tag with its quotation marks, without `W/`.
    static func list(_ field: String, contains tag: String) -> Bool {
        var rest = Array(field.utf8)[...]
        rest.trim()
        if rest.elementsEqual("*".utf8) { return true }
        while !rest.isEmpty {
            guard let next = rest.popTag() else { return false }
            rest.trim()
            guard rest.isEmpty || rest.popFirst() == UInt8(ascii: ",") else { return false }
            if next.elementsEqual(tag.utf8) { return true }
            rest.trim()
        }
        return false
    }
}

extension ArraySlice<UInt8> {
    fileprivate mutating func trim() {
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        self = drop(while: isBlank)
        while let last, isBlank(last) { removeLast() }
    }

    /// Removes the tag at the beginning and returns it without `W/`; nil if there is no tag. Empty elements of the list come
    /// first (RFC 9110 §5.6.1.2).
    fileprivate mutating func popTag() -> ArraySlice? {
        while first == UInt8(ascii: ",") {
            removeFirst()
            trim()
        }
        if starts(with: "W/".utf8) { removeFirst(2) }
        let quote = UInt8(ascii: "\"")
        guard first == quote, let end = dropFirst().firstIndex(of: quote) else { return nil }
        defer { self = self[(end + 1)...] }
        return self[...end]
    }
}
