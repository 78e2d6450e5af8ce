import CurlClient
import HTTPTypes

/// A request with a credential that a service must reject, unless its check says otherwise.
struct HostileRequest {
    /// The values of the `Authorization` fields, in their order.
    var authorization: [CredentialText] = []
    /// The value of the `Cookie` field.
    var cookie: CredentialText?
    /// A parameter that is added to the query of the URL.
    var query: CredentialText?
    /// A body of the type `application/x-www-form-urlencoded`.
    var form: CredentialText?
    /// The method; nil for the method of the probe.
    var method: HTTPRequest.Method?

    /// A request with a hostile token in the usual form (RFC 6750 §2.1).
    static func bearer(_ token: HostileToken) -> HostileRequest {
        HostileRequest(authorization: [[.text("Bearer "), .hostile(token)]])
    }

    /// A request with the good token in the usual form.
    static let good = HostileRequest(authorization: [[.text("Bearer "), .goodToken]])

    /// The hostile token; nil for a request that contains none, or the good token in an unusual form.
    var hostileToken: HostileToken? { authorization.lazy.compactMap(\.hostileToken).first }

    /// The request to a URL, as the HTTP client sends it.
    func request(to target: ProbeTarget, goodToken: String, deadline: Duration) -> HTTPClient.Request {
        var fields = HTTPFields()
        for value in authorization {
            fields.append(HTTPField(name: .authorization, value: value.sent(goodToken: goodToken)))
        }
        // The subscript would split the value into several fields.
        if let cookie { fields.append(HTTPField(name: .cookie, value: cookie.sent(goodToken: goodToken))) }
        if form != nil { fields[.contentType] = "application/x-www-form-urlencoded" }
        return HTTPClient.Request(
            method: method ?? target.method, url: target.url(adding: query?.sent(goodToken: goodToken)),
            headers: fields, body: form.map { Array($0.sent(goodToken: goodToken).utf8) }, deadline: deadline)
    }

    /// One line for a shell that repeats the request. `command` prints the hostile token.
    func curlLine(to target: ProbeTarget, printing command: String) -> String {
        let method = method ?? target.method
        // The client reads no .curlrc, uses no proxy, and speaks HTTP/1.1.
        var words = ["curl", "-qgsi", "--path-as-is", "--http1.1", "--noproxy", "'*'"]
        if let path = target.trustedAuthoritiesPath { words += ["--cacert", path.quotedForShell] }
        if method == .head { words.append("--head") }
        if method != .head, method != .get || form != nil { words += ["-X", method.rawValue.quotedForShell] }
        if let query {
            let separator = target.url.contains("?") ? "&" : "?"
            words.append("\(target.url.quotedForShell)\"\(separator)\(query.inDoubleQuotes(printing: command))\"")
        } else {
            words.append(target.url.quotedForShell)
        }
        for value in authorization {
            words += ["-H", "\"Authorization: \(value.inDoubleQuotes(printing: command))\""]
        }
        if let cookie { words += ["-H", "\"Cookie: \(cookie.inDoubleQuotes(printing: command))\""] }
        // The fields have the order in which the client sends them.
        if form != nil { words += ["-H", "\"Content-Type: application/x-www-form-urlencoded\""] }
        words += ["-H", "\"User-Agent: \(target.configuration.userAgent)\""]
        if form == nil, [.post, .put, .patch].contains(method) { words += ["-H", "\"Content-Length: 0\""] }
        if let form { words += ["--data-raw", "\"\(form.inDoubleQuotes(printing: command))\""] }
        return words.joined(separator: " ")
    }
}
