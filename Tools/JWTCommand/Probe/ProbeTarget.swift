import ArgumentParser
import CurlClient
import FoundationEssentials
import HTTPTypes

/// The route that a probe sends its requests to.
struct ProbeTarget {
    let url: String
    let method: HTTPRequest.Method
    /// Whether the host is a loopback address.
    let isOnThisMachine: Bool

    /// The path of a PEM file with the certificate authorities that the probe trusts, in place of the machine's; nil for the
    /// machine's.
    let trustedAuthoritiesPath: String?

    /// - Throws: `ValidationError` for a host outside of this machine that `confirmedHosts` does not name, and for a method
    ///   that is not the name of one.
    init(url: String, method: String, confirmedHosts: [String], trustedAuthoritiesPath: String? = nil) throws {
        guard let parts = URLComponents(string: url), ["http", "https"].contains(parts.scheme?.lowercased() ?? ""),
            let host = parts.encodedHost, !host.isEmpty, parts.fragment == nil, parts.user == nil, parts.password == nil
        else {
            throw ValidationError(
                "The URL must begin with http:// or https:// and a host, without a user and a fragment.")
        }
        isOnThisMachine = Self.isLoopback(host)
        guard isOnThisMachine || confirmedHosts.contains(where: { $0.lowercased() == host.lowercased() }) else {
            throw ValidationError(
                "\(host) is not this machine. Probe only services of which you are in charge. If you are, add: --host \(host)"
            )
        }
        guard let method = HTTPRequest.Method(method) else { throw ValidationError("--method takes a method of HTTP.") }
        self.url = url
        self.method = method
        self.trustedAuthoritiesPath = trustedAuthoritiesPath
    }

    /// The settings of the HTTP client.
    var configuration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.trustedAuthoritiesPath = trustedAuthoritiesPath
        return configuration
    }

    /// The URL with a further parameter in its query.
    func url(adding parameter: String?) -> String {
        guard let parameter else { return url }
        return url + (url.contains("?") ? "&" : "?") + parameter
    }

    /// Whether a host is `localhost`, an address in 127.0.0.0/8 in its usual form, or `::1` (RFC 6761 §6.3, RFC 1122
    /// §3.2.1.3).
    private static func isLoopback(_ host: String) -> Bool {
        let host = host.lowercased()
        if ["localhost", "::1", "[::1]"].contains(host) { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127"
            && numbers.allSatisfy { number in number.allSatisfy("0123456789".contains) && UInt8(number) != nil }
    }
}
