import HTTPTypes
import Hummingbird
import ServiceRuntime

/// The origin under which browsers reach login.
struct PublicOrigin: Sendable {
    let issuer: String
    /// Whether browsers use encrypted connections: always, except for plain HTTP on localhost.
    let isSecure: Bool

    /// - Parameter issuer: The address under which browsers reach login.
    init(issuer: String) {
        self.issuer = issuer
        isSecure = !NetworkAddress.isPlainLoopbackURL(issuer)
    }

    /// Whether an origin is the one that a request was sent to.
    ///
    /// The origin of the issuer matches as well, because a proxy may write another host into the request.
    func matches(_ origin: String, for request: Request) -> Bool {
        let requested = CanonicalURL("\(isSecure ? "https" : "http")://\(request.head.authority ?? "")")
        return origin == requested?.origin || issuer == origin || issuer.hasPrefix("\(origin)/")
    }

    /// Whether a page of this origin sent a request, according to the header fields of the browser.
    ///
    /// `Sec-Fetch-Site` and `Origin` must not name another source. Programs send neither field. Their requests pass,
    /// because nobody can trick a program into sending a form.
    func isSource(of request: Request) -> Bool {
        if let site = request.headers[.secFetchSite], site != "same-origin", site != "none" { return false }
        guard let origin = request.headers[.origin] else { return true }
        return matches(origin, for: request)
    }
}

extension HTTPField.Name {
    fileprivate static let secFetchSite = constant("Sec-Fetch-Site")
}
