/// A whole number in a request body.
///
/// If a number is a fraction or too large, `JSONDecoder` does not report which `Int` it could not decode. This type
/// reports the field.
public struct JSONInteger: Decodable, Sendable, Equatable {
    /// The number, within ±2^53: the range that JSON numbers represent exactly everywhere (RFC 8259 §6).
    public let value: Int

    /// Decodes a number.
    ///
    /// - Throws: `DecodingError.typeMismatch` for a fraction and for a number beyond ±2^53.
    public init(from decoder: any Decoder) throws {
        let number = try decoder.singleValueContainer().decode(Double.self)
        guard number.magnitude <= 0x1p53, let value = Int(exactly: number) else {
            throw DecodingError.typeMismatch(
                JSONInteger.self, .init(codingPath: decoder.codingPath, debugDescription: "not a whole number"))
        }
        self.value = value
    }
}
