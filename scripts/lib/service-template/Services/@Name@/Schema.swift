import Database

/// The table of @name@. Times are milliseconds since 1970.
enum Schema {
    static let migrations = [
        Migration(
            "entries",
            """
            CREATE TABLE entries (
                account TEXT NOT NULL,
                id TEXT NOT NULL,
                text TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                PRIMARY KEY (account, id)
            )
            """)
    ]
}
