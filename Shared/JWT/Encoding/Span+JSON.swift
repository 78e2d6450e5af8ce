/// Comparisons and conversions of values in a JSON text. Each `JSONSlice` must come from a scan of the same text.
extension Span<UInt8> {
    /// Whether a value is an array that contains only strings.
    func isArrayOfStrings(_ value: JSONSlice) -> Bool {
        guard value.kind == .array else { return false }
        var result = true
        try? JSONScanner.scanArray(extracting(value.range)) { element throws(JSONError) in
            if !element.isString { result = false }
        }
        return result
    }

    /// The elements of an array of strings. A single string counts as an array of one.
    func strings(_ value: JSONSlice) -> [String] {
        guard value.kind == .array else { return [string(value)] }
        var strings: [String] = []
        let array = extracting(value.range)
        try? JSONScanner.scanArray(array) { element throws(JSONError) in strings.append(array.string(element)) }
        return strings
    }

    /// Whether one of `strings(value)` has exactly the bytes of `other`.
    func contains(_ other: Span<UInt8>, in value: JSONSlice) -> Bool {
        guard value.kind == .array else { return equals(value, other) }
        var result = false
        let array = extracting(value.range)
        try? JSONScanner.scanArray(array) { element throws(JSONError) in
            if array.equals(element, other) { result = true }
        }
        return result
    }

    /// Whether `word` is one of the words in `range`, which are separated by spaces.
    func hasWord(_ word: Span<UInt8>, in range: Range<Int>) -> Bool {
        guard !word.isEmpty else { return false }
        var start = range.lowerBound
        for index in range.lowerBound...range.upperBound {
            guard index == range.upperBound || self[index] == UInt8(ascii: " ") else { continue }
            if equals(start..<index, word) { return true }
            start = index + 1
        }
        return false
    }

    /// Whether the object that is this whole text has a member with this name.
    func hasMember(_ name: String) -> Bool {
        var found = false
        try? JSONScanner.scanObject(self) { member, _ throws(JSONError) in
            if equals(member, name.utf8.span) { found = true }
        }
        return found
    }
}
