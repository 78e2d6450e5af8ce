public import HTTPTypes

extension HTTPField.Name {
    /// Creates the name of a header field from a literal, for fields that HTTPTypes does not define.
    ///
    /// - Precondition: The literal is a valid field name.
    public static func constant(_ name: StaticString) -> Self {
        guard let name = Self("\(name)") else { preconditionFailure("\(name) is not a valid field name") }
        return name
    }

    /// The field `X-Request-Id`, which every response has.
    public static let requestID = constant("X-Request-Id")
    /// The field `X-Request-Timeout`: the time for which the caller of a service waits for the response, in milliseconds.
    public static let requestTimeout = constant("X-Request-Timeout")
    /// The field `Referrer-Policy` (W3C Referrer Policy).
    public static let referrerPolicy = constant("Referrer-Policy")
}
