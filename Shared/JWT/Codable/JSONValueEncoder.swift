extension JSONValue {
    init(encoding value: some Encodable) throws {
        let slot = JSONValueEncoder.Slot()
        try value.encode(to: JSONValueEncoder(slot: slot, codingPath: []))
        self = slot.value
    }
}

/// Encodes a type into a slot, which then holds a JSON value.
struct JSONValueEncoder: Encoder, SingleValueEncodingContainer {
    let slot: Slot
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if slot.content == nil { slot.content = .members([]) }
        return KeyedEncodingContainer(KeyedContainer<Key>(slot: slot, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if slot.content == nil { slot.content = .elements([]) }
        return UnkeyedContainer(slot: slot, codingPath: codingPath)
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
