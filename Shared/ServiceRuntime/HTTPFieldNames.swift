public import HTTPTypes

extension HTTPField.Name {
    /// A name that stands in the source, for fields that HTTPTypes does not know. The program ends when it is none.
    public static func constant(_ name: StaticString) -> Self {
        guard let name = Self("\(name)") else { preconditionFailure("\(name) is not the name of a header field") }
        return name
    }

    /// `X-Request-Id`, on every response.
    public static let requestID = constant("X-Request-Id")
    /// `traceparent` of W3C Trace Context.
    public static let traceparent = constant("traceparent")
    /// `Referrer-Policy` (W3C).
    public static let referrerPolicy = constant("Referrer-Policy")
}
