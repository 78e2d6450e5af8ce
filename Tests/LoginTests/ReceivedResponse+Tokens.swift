import Foundation
import TestSupport
import Testing

extension ReceivedResponse {
    var accessToken: String { get throws { try #require(self["access_token"]) } }
    var refreshToken: String { get throws { try #require(self["refresh_token"]) } }
    /// The lifetime of the access token in seconds.
    var expiresIn: Int? { json["expires_in"] as? Int }
    /// The id of the session of the access token.
    var sessionID: String { get throws { try #require(payload(of: accessToken)["sid"] as? String) } }
    /// The id of the access token.
    var tokenID: String { get throws { try #require(payload(of: accessToken)["jti"] as? String) } }
}

/// The header of a token, read without the project's decoder.
func header(of token: String) throws -> [String: Any] {
    try part(0, of: token)
}

/// The payload of a token, read without the project's decoder.
func payload(of token: String) throws -> [String: Any] {
    try part(1, of: token)
}

private func part(_ index: Int, of token: String) throws -> [String: Any] {
    let part = String(token.split(separator: ".", omittingEmptySubsequences: false)[index])
    let object = try JSONSerialization.jsonObject(with: #require(Data(base64URL: part)))
    return try #require(object as? [String: Any])
}

extension Data {
    /// The bytes of base64url text (RFC 4648 §5), decoded by Foundation.
    init?(base64URL text: String) {
        let base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        self.init(base64Encoded: base64 + String(repeating: "=", count: (4 - base64.count % 4) % 4))
    }
}
