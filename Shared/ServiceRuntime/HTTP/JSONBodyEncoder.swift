import HTTPTypes
public import Hummingbird

/// Encodes bodies as JSON with sorted and unique members, so equal values have equal bytes.
///
/// It writes each value once, into one buffer. `JSONEncoder` of Foundation makes a tree of all values first. Two rules follow: a
/// value ends one nested container before it begins the next one, and `Data`, `Decimal` and `URL` have no form of their own.
public struct JSONBodyEncoder: ResponseEncoder {
    /// Encodes a value as the body of a response with status 200.
    ///
    /// - Throws: `EncodingError` for a number that JSON does not have, and the errors of the value.
    public func encode(
        _ value: some Encodable, from request: Request, context: some RequestContext
    ) throws -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(bytes: try Self.bytes(of: value))))
    }

    /// The JSON text of a value, in UTF-8.
    ///
    /// - Throws: As `encode`.
    public static func bytes(of value: some Encodable) throws -> [UInt8] {
        let output = JSONOutput()
        try output.write(value)
        return output.bytes
    }
}

/// The text that has been written.
private final class JSONOutput {
    private(set) var bytes: [UInt8] = []

    init() {
        bytes.reserveCapacity(1024)
    }

    func write(_ value: some Encodable) throws {
        let encoder = JSONValueEncoder(self)
        try value.encode(to: encoder)
        encoder.finish()
    }

    func write(_ byte: Unicode.Scalar) {
        bytes.append(UInt8(ascii: byte))
    }

    func write(raw text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    func write(_ boolean: Bool) {
        write(raw: boolean ? "true" : "false")
    }

    /// Writes a string with its quotation marks (RFC 8259 §7).
    func write(_ text: String) {
        write("\"" as Unicode.Scalar)
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        if isPlain {
            bytes.append(contentsOf: text.utf8)
        } else {
            for byte in text.utf8 { write(escaping: byte) }
        }
        write("\"" as Unicode.Scalar)
    }

    private func write(escaping byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
        case 0x08: write(raw: "\\b")
        case 0x09: write(raw: "\\t")
        case 0x0A: write(raw: "\\n")
        case 0x0C: write(raw: "\\f")
        case 0x0D: write(raw: "\\r")
        case ..<0x20: write(raw: (byte < 0x10 ? "\\u000" : "\\u00") + String(byte, radix: 16))
        default: bytes.append(byte)
        }
    }

    /// Writes a number as its description, without the fraction `.0`.
    func write(_ number: some BinaryFloatingPoint & LosslessStringConvertible) throws {
        guard number.isFinite else {
            throw EncodingError.invalidValue(
                number, .init(codingPath: [], debugDescription: "JSON has no number \(number)."))
        }
        let text = number.description
        write(raw: text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
    }

    /// Replaces the text from `start` on by the parts in `ranges`, separated by commas.
    func rearrange(from start: Int, _ ranges: [Range<Int>]) {
        let text = Array(bytes[start...])
        bytes.removeSubrange(start...)
        for (index, range) in ranges.enumerated() {
            if index > 0 { write("," as Unicode.Scalar) }
            bytes.append(contentsOf: text[range.lowerBound - start..<range.upperBound - start])
        }
    }
}

/// Encodes one value. Errors name no path, so it has none.
private final class JSONValueEncoder: Encoder {
    private enum Shape { case single, array, object }

    /// A member that has been written: its name, and where its text begins.
    private struct Member {
        let name: String
        let start: Int
    }

    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    let output: JSONOutput
    /// The number of elements, if this is an array.
    private(set) var count = 0
    private var shape = Shape.single
    private var start = 0
    private var members: [Member] = []
    private var isSorted = true
    /// The container inside this one that may still grow.
    private var openContainer: JSONValueEncoder?

    init(_ output: JSONOutput) {
        self.output = output
        start = output.bytes.count
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        begin(.object, "{")
        return KeyedEncodingContainer(JSONMembers(object: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        begin(.array, "[")
        return JSONElements(array: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    /// Begins an array or an object. A value may ask for its container several times.
    private func begin(_ shape: Shape, _ bracket: Unicode.Scalar) {
        guard self.shape != shape else { return }
        self.shape = shape
        output.write(bracket)
        start = output.bytes.count
    }

    /// Begins a member of the object.
    func beginMember(_ name: String) {
        finishOpenContainer()
        if let last = members.last {
            output.write("," as Unicode.Scalar)
            isSorted = isSorted && last.name < name
        }
        members.append(Member(name: name, start: output.bytes.count))
        output.write(name)
        output.write(":" as Unicode.Scalar)
    }

    /// Begins an element of the array.
    func beginElement() {
        finishOpenContainer()
        if count > 0 { output.write("," as Unicode.Scalar) }
        count += 1
    }

    /// A container for the member or element that has begun.
    func nested() -> JSONValueEncoder {
        let container = JSONValueEncoder(output)
        openContainer = container
        return container
    }

    private func finishOpenContainer() {
        openContainer?.finish()
        openContainer = nil
    }

    /// Writes the end of the value.
    func finish() {
        finishOpenContainer()
        switch shape {
        case .single: if output.bytes.count == start { output.write(raw: "{}") }
        case .array: output.write("]" as Unicode.Scalar)
        case .object:
            if !isSorted { sortMembers() }
            output.write("}" as Unicode.Scalar)
        }
    }

    /// Sorts the members by name. Of members with one name, the last remains.
    private func sortMembers() {
        let ends = members.dropFirst().map { $0.start - 1 } + [output.bytes.count]
        let sorted = zip(members, ends).sorted { ($0.0.name, $0.1) < ($1.0.name, $1.1) }
        let last = sorted.indices.filter { $0 + 1 == sorted.count || sorted[$0].0.name != sorted[$0 + 1].0.name }
        output.rearrange(from: start, last.map { sorted[$0].0.start..<sorted[$0].1 })
    }
}

extension JSONValueEncoder: SingleValueEncodingContainer {
    func encodeNil() { output.write(raw: "null") }
    func encode(_ value: String) { output.write(value) }

    /// All types of the standard library that encode themselves as one value arrive here.
    func encode(_ value: some Encodable) throws {
        switch value {
        case let boolean as Bool: output.write(boolean)
        case let number as any BinaryInteger: output.write(raw: "\(number)")
        case let number as any BinaryFloatingPoint & LosslessStringConvertible: try output.write(number)
        default: try output.write(value)
        }
    }
}

/// The elements of an array.
private struct JSONElements: UnkeyedEncodingContainer {
    let array: JSONValueEncoder
    var codingPath: [any CodingKey] { array.codingPath }
    var count: Int { array.count }

    private func next() -> JSONValueEncoder {
        array.beginElement()
        return array.nested()
    }

    func encodeNil() {
        array.beginElement()
        array.encodeNil()
    }

    func encode(_ value: some Encodable) throws {
        array.beginElement()
        try array.output.write(value)
    }

    func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        next().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { next().unkeyedContainer() }
    func superEncoder() -> any Encoder { next() }
}

/// The members of an object.
private struct JSONMembers<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let object: JSONValueEncoder
    var codingPath: [any CodingKey] { object.codingPath }

    private func next(_ name: String) -> JSONValueEncoder {
        object.beginMember(name)
        return object.nested()
    }

    func encodeNil(forKey key: Key) {
        object.beginMember(key.stringValue)
        object.encodeNil()
    }

    func encode(_ value: String, forKey key: Key) {
        object.beginMember(key.stringValue)
        object.output.write(value)
    }

    func encode(_ value: Bool, forKey key: Key) {
        object.beginMember(key.stringValue)
        object.output.write(value)
    }

    func encode(_ value: Int, forKey key: Key) {
        object.beginMember(key.stringValue)
        object.output.write(raw: String(value))
    }

    func encode(_ value: some Encodable, forKey key: Key) throws {
        object.beginMember(key.stringValue)
        try object.output.write(value)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        next(key.stringValue).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        next(key.stringValue).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { next("super") }
    func superEncoder(forKey key: Key) -> any Encoder { next(key.stringValue) }
}
