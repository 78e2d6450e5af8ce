/// The paths of the operations routes. They are logged at level `debug` and served under any load.
enum OperationsPath {
    private static let all = ["/healthz", "/readyz", "/metrics"]

    /// Whether a request target, with or without a query, has one of these paths.
    static func contains(_ target: String) -> Bool {
        all.contains { path in
            target.utf8.starts(with: path.utf8)
                && (target.utf8.count == path.utf8.count
                    || target.utf8.dropFirst(path.utf8.count).first == UInt8(ascii: "?"))
        }
    }
}
