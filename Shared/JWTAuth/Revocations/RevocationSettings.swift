public import ServiceRuntime

/// The settings of the revocation feed: `LOGIN_URL`, `REVOCATIONS_MAX_AGE` and `REVOCATIONS_FOLDER`.
public struct RevocationSettings: Sendable {
    /// The address of login.
    let loginURL: String
    /// The maximum age of the list in seconds; nil for no limit. The service rejects all tokens while the list is
    /// older.
    let maximumAgeSeconds: Int?
    /// The folder in which the list is saved; nil when it is not saved.
    let folder: String?

    private static let weekSeconds = 604_800

    /// Reads the settings.
    ///
    /// - Parameters:
    ///   - folder: The default of the folder in which the list is saved; nil when it is not saved.
    ///   - settings: The environment, which records invalid variables.
    public init(folder: String?, _ settings: inout Settings) {
        loginURL = settings.url("LOGIN_URL", default: "http://127.0.0.1:8080")
        self.folder = settings.string("REVOCATIONS_FOLDER") ?? folder
        let isLimited = settings.string("REVOCATIONS_MAX_AGE").map { $0 != "off" } ?? false
        maximumAgeSeconds =
            isLimited ? settings.integer("REVOCATIONS_MAX_AGE", default: 60, in: 2...Self.weekSeconds) : nil
    }
}
