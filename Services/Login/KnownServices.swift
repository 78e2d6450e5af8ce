/// The services of this project, for the defaults of login's settings. `scripts/check` compares them with
/// `Services/services.txt`.
enum KnownServices {
    /// The port of each service on one machine.
    // swift-format-ignore
    private static let ports: KeyValuePairs = [
        "login": 8080,
        "catalog": 8081,
        "orders": 8082,
        "inbox": 8083,
        "compare": 8084,
    ]

    /// The services that accept tokens only if `TOKEN_AUDIENCES` names them.
    private static let optional: Set<String> = ["compare"]

    /// The default of `TOKEN_AUDIENCES`.
    static var audiences: [String] { ports.map { $0.key }.filter { !optional.contains($0) } }

    /// The default of `SERVICE_URLS`.
    static var addresses: [String] { ports.map { "\($0.key)=http://localhost:\($0.value)" } }
}
