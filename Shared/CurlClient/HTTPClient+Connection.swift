extension HTTPClient {
    /// The versions of HTTP that a client may use.
    public enum ProtocolVersion: Sendable {
        /// HTTP/1.1.
        case http1
        /// HTTP/2 where a server offers it in the TLS handshake (ALPN), otherwise HTTP/1.1.
        case http2
        /// HTTP/2 without negotiation, also without TLS (RFC 9113 §3.3). The server must support it. Each request opens a
        /// connection, because libcurl 7.88 cannot reuse such a one.
        case http2PriorKnowledge
    }

    /// A certificate with which a client identifies itself in the TLS handshake.
    public struct ClientCertificate: Sendable {
        /// The path of the PEM file with the certificate, followed by intermediate certificates.
        public var certificatePath: String
        /// The path of the PEM file with the private key, without a passphrase.
        public var keyPath: String

        /// Creates a client certificate from two files, which are read for each connection.
        public init(certificatePath: String, keyPath: String) {
            self.certificatePath = certificatePath
            self.keyPath = keyPath
        }
    }
}
