import Database

/// The table of inbox. Times are milliseconds since 1970.
enum Schema {
    static let migrations = [
        Migration(
            "messages",
            """
            CREATE TABLE messages (
                account TEXT NOT NULL,
                id TEXT NOT NULL,
                subject TEXT NOT NULL,
                body TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                read_at BIGINT,
                deleted_at BIGINT,
                PRIMARY KEY (account, id)
            )
            """)
    ]
}
