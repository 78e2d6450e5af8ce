import HTTPTypes
import NIOHTTP1

extension HTTPRequest {
    /// Creates the request with a head that has passed `HTTPRequestHead.check`.
    ///
    /// - Throws: `RejectedRequest` if the method is not a token.
    init(_ head: HTTPRequestHead) throws(RejectedRequest) {
        guard let method = Method(head.method.rawValue) else { throw .malformed }
        var authority: String?
        var fields = HTTPFields()
        fields.reserveCapacity(head.headers.count)
        for (name, value) in head.headers {
            guard let name = HTTPField.Name(name) else { throw .malformed }
            if authority == nil, name.canonicalName == "host" {
                authority = value
            } else {
                fields.append(HTTPField(name: name, value: value))
            }
        }
        self.init(method: method, scheme: "http", authority: authority, path: head.uri, headerFields: fields)
    }
}
