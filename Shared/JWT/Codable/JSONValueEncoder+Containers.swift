extension JSONValueEncoder {
    /// The storage for one encoded value. A container keeps a slot for each member or element, because a nested value
    /// can still change after the container has created its slot.
    final class Slot {
        enum Content {
            case single(JSONValue)
            case members([(name: String, slot: Slot)])
            case elements([Slot])
        }

        var content: Content?

        /// The value; an empty object when nothing was encoded.
        var value: JSONValue {
            switch content {
            case .single(let value): value
            case .members(let members): .object(members.map { JSONValue.Member($0.name, $0.slot.value) })
            case .elements(let elements): .array(elements.map(\.value))
            case nil: .object([])
            }
        }

        /// A slot for a member. It replaces an earlier member with the same name.
        func member(_ name: String) -> Slot {
            var members = if case .members(let members) = content { members } else { [(name: String, slot: Slot)]() }
            let slot = Slot()
            members.removeAll { $0.name.utf8.elementsEqual(name.utf8) }
            members.append((name, slot))
            content = .members(members)
            return slot
        }

        /// A slot for the next element.
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

    /// The members of an object.
    struct KeyedContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
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
            JSONValueEncoder(slot: slot.member(JSONValueDecoder.superclassName), codingPath: codingPath)
        }
        func superEncoder(forKey key: Key) -> any Encoder { encoder(key) }

        private func encoder(_ key: Key) -> JSONValueEncoder {
            JSONValueEncoder(slot: slot.member(key.stringValue), codingPath: codingPath + [key])
        }
    }

    /// The elements of an array.
    struct UnkeyedContainer: UnkeyedEncodingContainer {
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
}
