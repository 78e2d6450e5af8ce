import JWTAuth
import ServiceRuntime

/// The settings of @name@, read once from the environment.
struct @Name@Settings {
    /// The maximum number of entries of an account (`MAX_ENTRIES`).
    let maximumEntries: Int
    let server: ResourceServerSettings

    init(clock: WallClock, _ settings: inout Settings) throws {
        maximumEntries = settings.integer("MAX_ENTRIES", default: 1000, in: 1...100_000)
        server = try ResourceServerSettings(of: @Name@.self, clock: clock, &settings)
    }
}
