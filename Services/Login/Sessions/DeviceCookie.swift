import JWT

/// The cookie by which an account recognizes a browser in which it has signed in before (OWASP, Slow Down Online
/// Guessing Attacks with Device Cookies).
///
/// It gives no access. It only keeps the failed sign-ins of strangers from counting against the browser.
struct DeviceCookie: OpaqueCredential {
    /// How long browsers keep the cookie, in seconds: 400 days, the maximum of RFC 6265bis.
    static let lifetimeSeconds = 34_560_000

    let bytes: [UInt8]

    /// The hash of the cookie in base64url, which is stored in its place.
    var hashText: String { Base64URL.encode(hash) }
}
