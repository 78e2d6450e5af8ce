extension PostgreSQLConnection {
    /// What to do about a connection that could not be opened.
    ///
    /// - Parameter message: The message of libpq, which is English because no program here calls `setlocale`.
    /// - Returns: A sentence with a space before it; empty if the message says enough.
    static func advice(for message: String) -> String {
        advice.first { message.contains($0.part) }.map { " \($0.advice)." } ?? ""
    }

    private static let certificateAdvice =
        "Set sslrootcert to the certificate of the authority that signed the server's"

    private static let advice = [
        ("does not match host name", "Write a name from the certificate of the server as the host of the URL"),
        ("certificate verify failed", certificateAdvice),
        ("root certificate file", certificateAdvice),
        ("server does not support SSL", "Turn on ssl in the settings of the server"),
        (
            "the database system is",
            "Wait until the server accepts connections, then start the service again if it has ended"
        ),
        ("authentication failed", "Check the user and the password of the URL"),
        ("unsupported startup parameter", "Set ignore_startup_parameters = options in the settings of PgBouncer"),
    ].map { (part: $0.0, advice: $0.1) }
}
