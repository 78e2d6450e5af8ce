public import ServiceRuntime

/// What the revocation feed reads from the environment: `LOGIN_URL`, `REVOCATIONS_MAX_AGE`.
public struct RevocationSettings: Sendable {
    /// Where login is.
    let loginURL: String
    /// From which age of the list on requests with a token are refused, in seconds; nil: never.
    let maxAgeSeconds: Int?
    /// The folder in which the list is kept; nil when it is not.
    let folder: String?

    private static let weekSeconds = 604_800

    /// Reads the settings. The list is kept in `folder`, beside the database.
    public init(folder: String?, _ settings: inout Settings) {
        loginURL = settings.url("LOGIN_URL", default: "http://127.0.0.1:8080")
        self.folder = folder
        let isLimited = settings.string("REVOCATIONS_MAX_AGE").map { $0 != "off" } ?? false
        maxAgeSeconds =
            isLimited ? settings.integer("REVOCATIONS_MAX_AGE", default: 60, in: 2...Self.weekSeconds) : nil
    }
}
