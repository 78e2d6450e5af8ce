/// The reading of values. Each byte of the text is read once.
extension JSONScanner {
    /// The members of a text that must be one object.
    static func members(of bytes: Span<UInt8>) throws(JSONError) -> [JSONValue.Member] {
        guard bytes.count <= JSONSlice.maximumTextBytes else { throw .tooLarge }
        var scanner = JSONScanner()
        scanner.skipWhitespace(bytes)
        guard scanner.take(UInt8(ascii: "{"), bytes) else { throw .malformed }
        let members = try scanner.members(bytes, depth: 1)
        scanner.skipWhitespace(bytes)
        guard scanner.position == bytes.count else { throw .malformed }
        return members
    }

    /// Takes a value inside of `depth` arrays and objects. `maximumDepth` bounds the recursion.
    private mutating func value(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) -> JSONValue {
        skipWhitespace(bytes)
        switch peek(bytes) {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard depth < Self.maximumDepth else { throw .tooDeep }
            position += 1
            return bytes[position - 1] == UInt8(ascii: "{")
                ? .object(try members(bytes, depth: depth + 1)) : .array(try elements(bytes, depth: depth + 1))
        default:
            return JSONValue(scalar: try scalar(bytes), in: bytes)
        }
    }

    /// Takes the members of an object whose opening brace is already taken.
    private mutating func members(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        var names = SeenNames()
        skipWhitespace(bytes)
        if take(UInt8(ascii: "}"), bytes) { return [] }
        repeat {
            let name = try name(bytes)
            guard names.insert(name, bytes) else { throw .malformed }
            members.append(JSONValue.Member(bytes.string(name), try value(bytes, depth: depth)))
            skipWhitespace(bytes)
        } while take(UInt8(ascii: ","), bytes)
        guard take(UInt8(ascii: "}"), bytes) else { throw .malformed }
        return members
    }

    /// Takes the elements of an array whose opening bracket is already taken.
    private mutating func elements(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) -> [JSONValue] {
        var elements: [JSONValue] = []
        skipWhitespace(bytes)
        if take(UInt8(ascii: "]"), bytes) { return [] }
        repeat {
            elements.append(try value(bytes, depth: depth))
            skipWhitespace(bytes)
        } while take(UInt8(ascii: ","), bytes)
        guard take(UInt8(ascii: "]"), bytes) else { throw .malformed }
        return elements
    }
}

extension JSONValue {
    fileprivate init(scalar: JSONSlice, in bytes: Span<UInt8>) {
        switch scalar.kind {
        case .boolean: self = .boolean(bytes[scalar.range.lowerBound] == UInt8(ascii: "t"))
        case .string, .escapedString: self = .string(bytes.string(scalar))
        case .number:
            let text = bytes.string(scalar)
            self = text == "-0" ? .number(text) : Int64(text).map { .integer($0) } ?? .number(text)
        case .null, .object, .array: self = .null
        }
    }
}
