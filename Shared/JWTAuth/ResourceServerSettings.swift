public import Database
public import ServiceRuntime

/// The settings that every resource server reads from its environment.
public struct ResourceServerSettings: Sendable {
    /// The settings of every service.
    public let service: ServiceSettings
    /// The location of the database.
    public let database: DatabaseURL
    /// The location of its replica for reads; nil for none.
    let replica: DatabaseURL?
    let revocations: RevocationSettings
    let tokens: TokenSettings

    /// The issuer of user tokens, which is login's address for browsers.
    public var issuer: String { tokens.issuer }
    /// The address of login for services (`LOGIN_URL`).
    public var loginURL: String { revocations.loginURL }

    /// Reads the settings and loads the keys. Read all other settings first, because this initializer throws when keys
    /// are missing.
    ///
    /// - Parameter readsReplica: Whether the service reads from a replica of its database if `DATABASE_READ_URL` names one.
    /// - Throws: `Settings.Rejection` when the keys are missing or invalid, after rejecting the variable.
    public init<Definition: ServiceDefinition>(
        of definition: Definition.Type, readsReplica: Bool = false, clock: WallClock, _ settings: inout Settings
    ) throws {
        service = ServiceSettings(name: Definition.name, defaultPort: Definition.defaultPort, &settings)
        database = settings.databaseURL(service: Definition.name, hasReplica: readsReplica)
        replica = readsReplica ? settings.replicaURL() : nil
        revocations = RevocationSettings(folder: database.folder, &settings)
        tokens = try TokenSettings(clock: clock, &settings)
    }
}
