import Foundation
public import HTTPTypes

/// A response as tests read it: status, header fields, and the body as text, JSON or a Swift value.
public struct ReceivedResponse: Sendable {
    /// The HTTP status code.
    public let status: Int
    /// The header fields.
    public let headers: HTTPFields
    /// The body as text.
    public let text: String

    /// A response as a test makes it up.
    public init(status: Int, headers: HTTPFields, text: String) {
        self.status = status
        self.headers = headers
        self.text = text
    }

    /// The JSON object in the body; empty when the body is anything else.
    public var json: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]) ?? [:]
    }

    /// A member of the JSON object that is a string; nil when it is missing or of another type.
    public subscript(_ member: String) -> String? { json[member] as? String }

    /// The member `code` of a problem (RFC 9457).
    public var code: String? { self["code"] }

    /// The names of the fields that a problem lists in its member `errors`, in the same order.
    public var invalidFields: [String] {
        (json["errors"] as? [[String: String]] ?? []).compactMap { $0["field"] }
    }

    /// Decodes the body. Names in snake case become names in camel case.
    ///
    /// - Throws: `DecodingError` when the body does not fit the type.
    public func decoded<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(text.utf8))
    }
}
