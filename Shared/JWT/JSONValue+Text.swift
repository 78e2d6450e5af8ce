extension JSONValue {
    /// Reads a text that is one strict JSON object; nil for every other text.
    ///
    /// Strict means RFC 8259 in UTF-8, without repeated names, without lone surrogates, and nested at most 64 levels
    /// deep.
    public init?(object text: [UInt8]) {
        guard let members = try? JSONScanner.members(of: text.span) else { return nil }
        self = .object(members)
    }

    /// Reads a text that is one strict JSON object.
    ///
    /// - Parameter name: The name of the text in the message of an error.
    /// - Throws: `JWTError` with the code `malformed` or `limit`.
    package init(object text: [UInt8], named name: String) throws(JWTError) {
        do throws(JSONError) {
            self = .object(try JSONScanner.members(of: text.span))
        } catch {
            throw error.jwtError(of: "\(name)", "the \(name) is not a strict JSON object")
        }
    }

    /// The members of a text that is one strict JSON object; nil for every other text.
    ///
    /// The `value` is nil when it is not a string. Nested values are checked but not stored, so the time is linear in
    /// the size of the text.
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

    /// The value as compact JSON.
    public var text: String {
        var output: [UInt8] = []
        write(to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// Whether the text of every `number` is a JSON number. Any other text could contain further JSON.
    var hasValidNumbers: Bool {
        switch self {
        case .number(let text): JSONScanner.isNumber(text.utf8.span)
        case .array(let elements): elements.allSatisfy(\.hasValidNumbers)
        case .object(let members): members.allSatisfy(\.value.hasValidNumbers)
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

    private static func write(_ string: String, to output: inout [UInt8]) {
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
    fileprivate var needsEscapeInJSON: Bool {
        self < 0x20 || self == UInt8(ascii: "\"") || self == UInt8(ascii: "\\")
    }
}
