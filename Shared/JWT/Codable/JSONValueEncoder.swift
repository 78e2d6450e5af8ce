extension Signer {
    /// Signs claims of a type of one's own, which must make an object.
    ///
    /// - Throws: `JWTError` of the kind `invalidClaim` when the claims are not an object, have a number that JSON cannot
    ///   write, or would have to be refused by a verifier, and `limit` when the token would be too large.
    public func sign(encoding claims: some Encodable) throws(JWTError) -> String {
        let value: JSONValue
        do {
            value = try JSONValue(encoding: claims)
        } catch {
            throw JWTError(.invalidClaim, "the claims cannot be written as JSON")
        }
        guard value.members != nil else { throw JWTError(.invalidClaim, "the claims do not make an object") }
        return try sign(value)
    }
}

extension JSONValue {
    fileprivate init(encoding value: some Encodable) throws {
        let slot = Slot()
        try value.encode(to: JSONValueEncoder(slot: slot, codingPath: []))
        self = slot.value
    }
}

/// Where one value is written; what is inside of it holds a slot of its own until all has been written.
private final class Slot {
    enum Content {
        case single(JSONValue)
        case members([(name: String, slot: Slot)])
        case elements([Slot])
    }

    var content: Content?

    /// The value; an object without members where nothing was written.
    var value: JSONValue {
        switch content {
        case .single(let value): value
        case .members(let members): .object(members.map { JSONValue.Member($0.name, $0.slot.value) })
        case .elements(let elements): .array(elements.map(\.value))
        case nil: .object([])
        }
    }

    /// The slot of a member; a name that was written before is written anew.
    func member(_ name: String) -> Slot {
        var members = if case .members(let members) = content { members } else { [(name: String, slot: Slot)]() }
        let slot = Slot()
        members.removeAll { $0.name.utf8.elementsEqual(name.utf8) }
        members.append((name, slot))
        content = .members(members)
        return slot
    }

    func element() -> Slot {
        var elements = self.elements
        elements.append(Slot())
        content = .elements(elements)
        return elements[elements.count - 1]
    }

    var elements: [Slot] {
        if case .elements(let elements) = content { elements } else { [] }
    }
}

/// Writes a value to its slot.
private struct JSONValueEncoder: Encoder, SingleValueEncodingContainer {
    let slot: Slot
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if slot.content == nil { slot.content = .members([]) }
        return KeyedEncodingContainer(KeyedSlots<Key>(slot: slot, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if slot.content == nil { slot.content = .elements([]) }
        return UnkeyedSlots(slot: slot, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func encodeNil() { slot.content = .single(.null) }
    func encode(_ value: Bool) { slot.content = .single(.boolean(value)) }
    func encode(_ value: String) { slot.content = .single(.string(value)) }
    func encode(_ value: Double) throws { try encode(number: value) }
    func encode(_ value: Float) throws { try encode(number: value) }
    func encode(_ value: Int) { encode(integer: value) }
    func encode(_ value: Int8) { encode(integer: value) }
    func encode(_ value: Int16) { encode(integer: value) }
    func encode(_ value: Int32) { encode(integer: value) }
    func encode(_ value: Int64) { encode(integer: value) }
    func encode(_ value: UInt) { encode(integer: value) }
    func encode(_ value: UInt8) { encode(integer: value) }
    func encode(_ value: UInt16) { encode(integer: value) }
    func encode(_ value: UInt32) { encode(integer: value) }
    func encode(_ value: UInt64) { encode(integer: value) }
    func encode(_ value: some Encodable) throws { try value.encode(to: self) }

    private func encode(integer value: some FixedWidthInteger) {
        slot.content = .single(Int64(exactly: value).map { .integer($0) } ?? .number(String(value)))
    }

    private func encode<Number: BinaryFloatingPoint & CustomStringConvertible>(number value: Number) throws {
        guard value.isFinite else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: codingPath, debugDescription: "JSON has no such number"))
        }
        slot.content = .single(.number(value.description))
    }
}

/// The places of an object's members.
private struct KeyedSlots<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let slot: Slot
    let codingPath: [any CodingKey]

    func encodeNil(forKey key: Key) { encoder(key).encodeNil() }
    func encode(_ value: some Encodable, forKey key: Key) throws { try value.encode(to: encoder(key)) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        encoder(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { encoder(key).unkeyedContainer() }
    func superEncoder() -> any Encoder {
        JSONValueEncoder(slot: slot.member(parentName), codingPath: codingPath)
    }
    func superEncoder(forKey key: Key) -> any Encoder { encoder(key) }

    private func encoder(_ key: Key) -> JSONValueEncoder {
        JSONValueEncoder(slot: slot.member(key.stringValue), codingPath: codingPath + [key])
    }
}

/// The places of an array's elements.
private struct UnkeyedSlots: UnkeyedEncodingContainer {
    let slot: Slot
    let codingPath: [any CodingKey]
    var count: Int { slot.elements.count }

    func encodeNil() { encoder().encodeNil() }
    func encode(_ value: some Encodable) throws { try value.encode(to: encoder()) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        encoder().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder().unkeyedContainer() }
    func superEncoder() -> any Encoder { encoder() }

    private func encoder() -> JSONValueEncoder {
        JSONValueEncoder(slot: slot.element(), codingPath: codingPath)
    }
}
