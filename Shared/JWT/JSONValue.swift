/// A JSON value (RFC 8259), for the claims that have no property of their own.
///
/// Numbers keep what was written: an integer that fits is an integer, every other number its text. The members of an
/// object keep their order.
public indirect enum JSONValue: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case boolean(Bool)
    /// An integer of 64 bits, written without fraction and exponent.
    case integer(Int64)
    /// Any other number, as it is written.
    case number(String)
    /// A string, without its escapes.
    case string(String)
    /// The elements of an array.
    case array([JSONValue])
    /// The members of an object, each name once.
    case object([Member])

    /// A name and its value.
    public struct Member: Sendable {
        /// The name, without its escapes.
        public var name: String
        /// The value.
        public var value: JSONValue

        /// A member of an object.
        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The member of an object with this name, compared byte by byte; nil for other values.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    /// The string, nil for other values.
    public var string: String? {
        if case .string(let string) = self { string } else { nil }
    }

    /// The integer, nil for other values.
    public var integer: Int64? {
        if case .integer(let integer) = self { integer } else { nil }
    }

    /// The boolean, nil for other values.
    public var boolean: Bool? {
        if case .boolean(let boolean) = self { boolean } else { nil }
    }

    /// The elements, nil for other values.
    public var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The members, nil for other values.
    public var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// `null`.
    public init(nilLiteral: ()) { self = .null }
    /// `true` or `false`.
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    /// An integer.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// An array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object, its members in this order.
    public init(dictionaryLiteral members: (String, JSONValue)...) {
        self = .object(members.map { Member($0.0, $0.1) })
    }
}

// MARK: - Reading and writing

extension JSONValue {
    /// Reads one JSON object in the strict reading of the module; nil for every other text.
    public init?(object text: [UInt8]) {
        guard let members = try? JSONScanner.members(of: text.span) else { return nil }
        self = .object(members)
    }

    /// Reads one JSON object in the strict reading of the module.
    ///
    /// - Throws: `JWTError` of the kinds `malformed` and `limit`, in whose sentence the text has this name.
    package init(object text: [UInt8], named name: String) throws(JWTError) {
        do throws(JSONError) {
            self = .object(try JSONScanner.members(of: text.span))
        } catch {
            throw error == .tooDeep
                ? JWTError(.limit, "the \(name) is nested too deep")
                : JWTError(.malformed, "the \(name) is not a strict JSON object")
        }
    }

    /// The members of a text that is one JSON object in the strict reading of the module, each with its value where that is a
    /// string; nil for every other text. What is nested is checked once and not read, so the time is linear in the text's size.
    public static func strings(ofObject text: [UInt8]) -> [(name: String, value: String?)]? {
        let bytes = text.span
        var names = SeenNames()
        var members: [(name: String, value: String?)] = []
        do throws(JSONError) {
            try JSONScanner.scanObject(bytes) { name, value throws(JSONError) in
                guard names.insert(name, bytes) else { throw .malformed }
                members.append((bytes.string(name), value.isString ? bytes.string(value) : nil))
            }
        } catch { return nil }
        return members
    }

    /// The value as compact JSON text.
    public var text: String {
        var output: [UInt8] = []
        write(to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// Whether every text that stands for a number is one, so that no other JSON comes in by it.
    var hasNumbersOnly: Bool {
        switch self {
        case .number(let text): JSONScanner.isNumber(text.utf8.span)
        case .array(let elements): elements.allSatisfy(\.hasNumbersOnly)
        case .object(let members): members.allSatisfy(\.value.hasNumbersOnly)
        default: true
        }
    }

    func write(to output: inout [UInt8]) {
        switch self {
        case .null: output += "null".utf8
        case .boolean(let value): output += (value ? "true" : "false").utf8
        case .integer(let value): output += String(value).utf8
        case .number(let text): output += text.utf8
        case .string(let string): Self.write(string, to: &output)
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                element.write(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                Self.write(member.name, to: &output)
                output.append(UInt8(ascii: ":"))
                member.value.write(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    static func write(_ string: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        if string.utf8.contains(where: \.needsEscapeInJSON) {
            for byte in string.utf8 { write(byte, to: &output) }
        } else {
            output += string.utf8
        }
        output.append(UInt8(ascii: "\""))
    }

    private static func write(_ byte: UInt8, to output: inout [UInt8]) {
        guard byte.needsEscapeInJSON else { return output.append(byte) }
        output.append(UInt8(ascii: "\\"))
        guard byte < 0x20 else { return output.append(byte) }
        let digits = Array("0123456789abcdef".utf8)
        output += "u00".utf8
        output += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}

extension UInt8 {
    /// Whether a string in JSON may not have this byte in it as it is.
    fileprivate var needsEscapeInJSON: Bool {
        self < 0x20 || self == UInt8(ascii: "\"") || self == UInt8(ascii: "\\")
    }
}
