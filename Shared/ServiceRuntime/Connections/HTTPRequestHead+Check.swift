import NIOHTTP1

extension HTTPRequestHead {
    /// Rejects heads that SwiftNIO's decoder (2.101.2) accepts but RFC 9112 forbids, or that no route here can serve. Turns an
    /// absolute target into a path.
    ///
    /// - Throws: `RejectedRequest`.
    mutating func check(_ limits: ConnectionLimits) throws(RejectedRequest) {
        guard uri.utf8.count <= limits.maximumTargetBytes else {
            throw RejectedRequest(
                status: .uriTooLong, code: "uri_too_long",
                detail: "The path and query are longer than \(limits.maximumTargetBytes) bytes.", reason: .headSize)
        }
        guard method != .CONNECT else { throw .invalid("This server is no proxy.", .notImplemented) }
        try checkHost()
        try resolveTarget()
        try checkTransferEncoding()
        let maximumBodyBytes = maximumBodyBytes(limits)
        guard headers["content-length"].allSatisfy({ UInt64($0).map { $0 <= maximumBodyBytes } ?? false }) else {
            throw .bodyTooLarge(maximumBodyBytes)
        }
        let expectations = headers[canonicalForm: "expect"]
        guard expectations.allSatisfy({ $0.lowercased() == "100-continue" }) else {
            throw .invalid("The only expectation that this server meets is 100-continue.", .expectationFailed)
        }
    }

    /// HTTP/1.1 needs one `Host`; HTTP/1.0 may leave it out (RFC 9112 §3.2).
    private func checkHost() throws(RejectedRequest) {
        let hosts = headers["host"]
        guard hosts.count == 1 || hosts.isEmpty && isHTTP10 else {
            throw .invalid("The request needs one Host field (RFC 9112 section 3.2).")
        }
        guard hosts.allSatisfy({ $0.utf8.allSatisfy(\.isHostByte) }) else {
            throw .invalid("The Host field is not a host with an optional port.")
        }
    }

    /// Turns an absolute target into a path; its host replaces the field `Host` (RFC 9112 §3.2.2). Rejects a target with a
    /// fragment, and `*` for methods other than `OPTIONS`.
    private mutating func resolveTarget() throws(RejectedRequest) {
        guard !uri.utf8.contains(UInt8(ascii: "#")) else { throw .invalid("The target has a fragment.") }
        guard !uri.hasPrefix("/"), uri != "*" || method != .OPTIONS else { return }
        let scheme = ["http://", "https://"].first { uri.lowercased().hasPrefix($0) }
        guard let scheme else { throw .invalid("The target is neither a path nor an HTTP URL.") }
        let rest = uri.dropFirst(scheme.count)
        let host = rest.prefix { !"/?".contains($0) }
        let path = rest.dropFirst(host.count)
        guard !host.isEmpty, host.utf8.allSatisfy(\.isHostByte) else { throw .invalid("The target has no valid host.") }
        headers.replaceOrAdd(name: "host", value: String(host))
        let isServerWide = method == .OPTIONS && path.isEmpty
        uri = isServerWide ? "*" : path.hasPrefix("/") ? String(path) : "/\(path)"
    }

    /// The maximum size of the body, in bytes.
    func maximumBodyBytes(_ limits: ConnectionLimits) -> Int {
        let isForm = MediaType.essence(headers["content-type"]) == MediaType.form
        return isForm ? min(limits.maximumFormBytes, limits.maximumBodyBytes) : limits.maximumBodyBytes
    }

    /// The only transfer coding is `chunked`, which HTTP/1.0 does not have, and never beside a length (RFC 9112 §6.1).
    private func checkTransferEncoding() throws(RejectedRequest) {
        let codings = headers["transfer-encoding"]
        guard !codings.isEmpty else { return }
        guard !isHTTP10, !headers.contains(name: "content-length") else {
            throw .invalid("Transfer-Encoding does not go with the old version 1.0 or with Content-Length.")
        }
        guard codings.allSatisfy({ !$0.isEmpty }) else { throw .invalid("Transfer-Encoding is empty.") }
        guard codings.count == 1, codings[0].lowercased() == "chunked" else {
            throw .invalid("The only transfer coding of this server is chunked.", .notImplemented)
        }
    }

    private var isHTTP10: Bool { version == .http1_0 }

    /// Whether the connection ends with this request: it says so, or it is HTTP/1.0, which does not keep connections open.
    var closesConnection: Bool {
        isHTTP10 || connectionOptions.contains("close")
    }

    /// Whether SwiftNIO's decoder stops after this request.
    var endsDecoding: Bool {
        headers.contains(name: "upgrade") && connectionOptions.contains("upgrade")
    }

    var expectsContinue: Bool {
        !isHTTP10 && headers.contains(name: "expect")
    }

    /// The options of the field `Connection`, a list whose case does not matter (RFC 9110 §7.6.1).
    private var connectionOptions: [String] {
        headers[canonicalForm: "connection"].map { $0.lowercased() }
    }
}

extension UInt8 {
    /// Whether the byte may stand in `uri-host [ ":" port ]` (RFC 3986 §3.2.2).
    fileprivate var isHostByte: Bool {
        isURIUnreserved || "%!$&'()*+,;=:[]".utf8.contains(self)
    }
}
