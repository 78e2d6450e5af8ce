import CurlClient
import HTTPTypes
import JWT
import JWTAuth
import Logging
import ServiceRuntime

/// A client of WeChat's server, which exchanges the code of a sign-in for the `openid` of a user
/// (`GET /sns/jscode2session`).
///
/// The response is JSON in `text/plain` with the status 200, also for an error. It contains a `session_key` as well,
/// which this client drops.
struct WeChatClient: Sendable {
    private let settings: WeChatSettings
    private let http: HTTPClient

    private static let deadline = Duration.seconds(5)
    private static let maximumResponseBytes = 16 << 10
    private static let maximumOpenIDBytes = 128
    private static let maximumCodeBytes = 256

    /// The outcome of a code.
    enum Result: Sendable, Equatable {
        case user(WeChatUser)
        /// WeChat does not accept the code, or does not let the user in.
        case rejected
        /// WeChat admits no more sign-ins of this user for now.
        case throttled
        /// WeChat did not respond, or not in a form that the client understands. The code may be used up.
        case unavailable
    }

    init(_ settings: WeChatSettings) {
        self.settings = settings
        var configuration = HTTPClient.Configuration()
        configuration.deadline = Self.deadline
        configuration.maximumResponseBytes = Self.maximumResponseBytes
        http = HTTPClient(configuration: configuration)
    }

    /// Ends the requests in progress.
    func shutdown() async {
        await http.shutdown()
    }

    /// Exchanges a code. WeChat accepts a code once, so the client sends it at most once.
    ///
    /// - Throws: `CancellationError`.
    func user(of code: String) async throws -> Result {
        guard code.utf8.count <= Self.maximumCodeBytes else { return .rejected }
        do {
            let response = try await http.executeInSpan(
                .init(url: url(for: code), isSentOnce: true), to: "wechat")
            guard response.status == .ok else {
                return unavailable("the response has the status \(response.status.code)")
            }
            return result(of: response.body)
        } catch  where error.code == .cancelled {
            throw CancellationError()
        } catch {
            // The description has the host, but neither the secret nor the code.
            return unavailable("\(error)")
        }
    }

    private func url(for code: String) -> String {
        let parameters = [
            ("appid", settings.appID), ("secret", settings.appSecret), ("js_code", code),
            ("grant_type", "authorization_code"),
        ]
        let query = parameters.map { "\($0)=\($1.utf8.map(\.percentEncoded).joined())" }.joined(separator: "&")
        return "\(settings.url)/sns/jscode2session?\(query)"
    }

    /// Reads the body of a response. Every text that is not one strict JSON object counts as unavailable, as does an
    /// object without a usable `openid` and without an error.
    private func result(of body: [UInt8]) -> Result {
        guard let object = JSONValue(object: body) else { return unavailable("the response is not a JSON object") }
        if let code = object["errcode"] {
            guard let code = code.integer else { return unavailable("errcode is not an integer") }
            guard code == 0 else { return result(ofError: code) }
        }
        guard let openID = object["openid"]?.string, (1...Self.maximumOpenIDBytes).contains(openID.utf8.count) else {
            return unavailable("the response has no openid")
        }
        return .user(WeChatUser(openID: openID))
    }

    private func result(ofError code: Int64) -> Result {
        switch WeChatError(code) {
        case .code, .user: return .rejected
        case .tooManySignIns: return .throttled
        case .busy: return unavailable("WeChat is busy")
        case .application:
            Logger.current.error(
                "WeChat rejects the mini program. Check WXAPP_ID, WXAPP_SECRET and the settings at WeChat.",
                metadata: ["errcode": "\(code)"])
            return .unavailable
        }
    }

    private func unavailable(_ reason: String) -> Result {
        Logger.current.warning("WeChat gave no usable response.", metadata: ["reason": "\(reason)"])
        return .unavailable
    }
}
