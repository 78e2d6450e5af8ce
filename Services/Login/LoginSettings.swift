import Database
import JWTAuth
import Logging
import Metrics
import ServiceRuntime

/// The settings of login, read from the environment at the start.
struct LoginSettings {
    let service: ServiceSettings
    let database: DatabaseURL
    let tokens: TokenSettings
    /// The services that accept the access tokens.
    let services: ServiceDirectory
    let lifetimes: SessionLifetimes
    /// Whether services may ask whether a name and a password belong together.
    let checksPasswords: Bool
    /// The names of the services that may introspect the sessions of browsers.
    let sessionReaders: [String]
    /// The WeChat mini program whose users may sign in; nil when WeChat is off.
    let weChat: WeChatSettings?
    /// The minimum number of characters of a new password.
    let minimumPasswordLength: Int
    let hasDemoData: Bool
    /// The addresses at which browsers reach the services that the shop calls.
    let shopServices: ShopServices

    /// The issuer of access tokens with these settings.
    var accessTokens: AccessTokenIssuer {
        AccessTokenIssuer(
            issuer: tokens.issuer, services: services, lifetimeSeconds: lifetimes.accessTokenSeconds,
            leewaySeconds: tokens.leewaySeconds, keys: tokens.keys)
    }

    /// The cookies of browsers with these settings.
    var cookies: BrowserCookies {
        BrowserCookies(tokens: accessTokens, carriesAccessToken: service.allowsCookies)
    }

    /// The services that may introspect tokens and read the revocation feed.
    var otherServices: [String] { services.names.filter { $0 != Login.name } }

    init(clock: WallClock, _ settings: inout Settings) throws {
        var service = ServiceSettings(name: Login.name, defaultPort: Login.defaultPort, &settings)
        // Names, passwords and tokens are small in JSON as well, and anyone may send them.
        service.maximumBodyBytes = URLEncodedForm.maximumBytes
        self.service = service
        services = ServiceDirectory(names: Self.audiences(&settings), addresses: Self.addresses(&settings))
        lifetimes = SessionLifetimes(&settings)
        checksPasswords = settings.toggle("PASSWORD_CHECKS", default: false)
        sessionReaders = Self.sessionReaders(among: services.names, &settings)
        weChat = WeChatSettings(&settings)
        minimumPasswordLength = settings.integer(
            "PASSWORD_MIN_LENGTH", default: Password.minimumLength, in: Password.minimumLength...64)
        hasDemoData = settings.toggle("DEMO_DATA", default: false)
        shopServices = ShopServices(&settings)
        database = settings.databaseURL(service: Login.name)
        tokens = try TokenSettings(clock: clock, &settings)
    }

    /// Reads `TOKEN_AUDIENCES`.
    static func audiences(_ settings: inout Settings) -> [String] {
        let names = settings.list("TOKEN_AUDIENCES", default: KnownServices.audiences)
        if names.isEmpty || Set(names).count < names.count {
            settings.reject("TOKEN_AUDIENCES", "must name services, each once")
        }
        return names
    }

    private static func sessionReaders(among audiences: [String], _ settings: inout Settings) -> [String] {
        let names = settings.list("SESSION_READERS")
        for name in names where !audiences.contains(name) {
            settings.reject("SESSION_READERS", "names '\(name)', which TOKEN_AUDIENCES does not name")
        }
        return names
    }

    /// Reads `SERVICE_URLS`.
    private static func addresses(_ settings: inout Settings) -> [String: String] {
        var addresses: [String: String] = [:]
        for item in settings.list("SERVICE_URLS", default: KnownServices.addresses) {
            let parts = item.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let url = Settings.url(parts[1]),
                addresses.updateValue(url, forKey: parts[0]) == nil
            else {
                settings.reject(
                    "SERVICE_URLS", "'\(item)' must be a name and a URL, as in orders=http://localhost:8082")
                continue
            }
        }
        return addresses
    }

    /// Records a metric: how long a key is needed after it has signed a token, in seconds. This is the longest lifetime
    /// of a token that any service signs, plus the leeway.
    func recordMetrics() {
        Gauge(label: "jwt_longest_life_seconds")
            .record(max(lifetimes.accessTokenSeconds, Int(TokenType.requestLifetimeSeconds)) + tokens.leewaySeconds)
    }

    /// Warns about settings that are accepted but not safe for production.
    func logWarnings(to logger: Logger) {
        let recommended = SessionLifetimes.recommendedAccessTokenSeconds
        if lifetimes.accessTokenSeconds > recommended {
            logger.warning("ACCESS_TOKEN_TTL is above \(recommended): stolen tokens stay valid for long.")
        }
        if checksPasswords {
            logger.warning("PASSWORD_CHECKS is on: services that take passwords can check them.")
        }
        if hasDemoData {
            logger.warning(
                "DEMO_DATA is on: there are accounts and clients whose passwords and secrets everyone knows.")
        }
    }
}
