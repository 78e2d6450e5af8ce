extension PostgreSQLConnection {
    /// What to do about a connection that could not be opened.
    ///
    /// - Parameter message: The message of libpq, which is English because no program here calls `setlocale`. The part of the
    ///   server is in its language (`lc_messages`).
    /// - Returns: The end of the message, and a sentence.
    static func advice(for message: String) -> String {
        let sentence = advice.first { message.contains($0.part) }?.advice ?? "Check the server and the URL"
        return message.last.map { ".?!".contains($0) } == true ? " \(sentence)." : ". \(sentence)."
    }

    private static let certificateAdvice =
        "Set sslrootcert to the certificate of the authority that signed the server's"
    private static let limitAdvice =
        "Raise the limit of connections: that of the role or the database, or max_connections"
    private static let kindAdvice = "Name the other servers in the URL too, or change target_session_attrs"

    /// Parts of a message. The first one that the message contains counts.
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
        (
            "no password supplied",
            "Write the password into the URL, or into the file that passfile names, which only its owner may read"
        ),
        ("pg_hba.conf", "Allow this connection in pg_hba.conf of the server; some entries need sslmode=require"),
        ("unsupported startup parameter", "Set ignore_startup_parameters = options in the settings of PgBouncer"),
        ("permission denied for database", "Make the user of the URL the owner of the database"),
        ("too many connections", limitAdvice),
        ("too many clients", limitAdvice),
        ("remaining connection slots", limitAdvice),
        ("not currently accepting connections", "Allow connections to the database, or name another one in the URL"),
        ("role \"", "Check the user of the URL"),
        ("database \"", "Check the name of the database in the URL, or create the database"),
        ("hot standby mode", kindAdvice),
        ("session is", kindAdvice),
        ("Is the server running", "Start the server, or change the host and the port of the URL"),
        ("timeout expired", "Check the host and the port of the URL, and the firewalls before the server"),
        ("could not translate host name", "Check the host of the URL"),
    ].map { (part: $0.0, advice: $0.1) }
}
