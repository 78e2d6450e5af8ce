import JWT
import Libcrypto

/// A user of the WeChat mini program, known by a hash: WeChat's `openid` itself is neither stored nor sent to anybody.
struct WeChatUser: Sendable, Equatable {
    private static let subjectPrefix = "wxapp:"
    private static let hashBytes = 32

    /// The SHA-256 of the `openid`.
    let hash: [UInt8]

    init(openID: String) {
        hash = sha256(Array(openID.utf8))
    }

    /// Reads `sub` of a register token; nil for every other subject.
    init?(subject: String) {
        guard subject.hasPrefix(Self.subjectPrefix),
            let hash = Base64URL.decode(String(subject.dropFirst(Self.subjectPrefix.count))),
            hash.count == Self.hashBytes
        else { return nil }
        self.hash = hash
    }

    /// `sub` of a register token: `wxapp:` and the hash in base64url.
    var subject: String { Self.subjectPrefix + Base64URL.encode(hash) }
}
