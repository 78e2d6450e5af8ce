import HTTPTypes
import Hummingbird
import ServiceRuntime

extension Request {
    /// Whether the body is a form of a page.
    var isForm: Bool {
        mediaType == "application/x-www-form-urlencoded"
    }

    /// The parameters of the query, decoded; of those that are there twice, the first.
    var queryTexts: [String: String] {
        Dictionary(uri.queryParameters.map { (String($0.key), String($0.value)) }) { first, _ in first }
    }

    /// Whether a page of this origin has sent the request, as far as the browser says: each of the two fields that tell of
    /// it, when it is there, must say so. Programs send neither; they have no visitors who could be tricked.
    ///
    /// - Parameter issuer: The address of this service, for the case that a proxy writes another host into the request.
    func isFromOwnPage(of issuer: String, isSecure: Bool) -> Bool {
        if let site = headers[.secFetchSite], site != "same-origin", site != "none" { return false }
        guard let origin = headers[.origin] else { return true }
        return isOwn(origin, issuer: issuer, isSecure: isSecure)
    }

    /// Whether an origin is the one that this request was sent to.
    func isOwn(_ origin: String, issuer: String, isSecure: Bool) -> Bool {
        let asked = "\(isSecure ? "https" : "http")://\(head.authority ?? "")"
        return origin == asked || issuer == origin || issuer.hasPrefix("\(origin)/")
    }
}

extension HTTPFields {
    /// What every page carries: nothing is kept, nothing is guessed, nobody frames it, and what it loads is ours.
    static let page: HTTPFields = [
        .cacheControl: "no-store", .xContentTypeOptions: "nosniff", .referrerPolicy: "same-origin",
        .openerPolicy: "same-origin", .contentSecurityPolicy: contentSecurityPolicy(connecting: []),
    ]

    /// The Content-Security-Policy of a page whose scripts call the origins `connecting`, and none when there are none.
    static func contentSecurityPolicy(connecting origins: [String]) -> String {
        let connect = origins.isEmpty ? "" : "connect-src 'self' \(origins.joined(separator: " ")); "
        return """
            default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \(connect)form-action 'self'; \
            frame-ancestors 'none'; base-uri 'none'
            """
    }
}

extension HTTPField.Name {
    fileprivate static let secFetchSite = constant("Sec-Fetch-Site")
    fileprivate static let openerPolicy = constant("Cross-Origin-Opener-Policy")
}
