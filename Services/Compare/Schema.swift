import Database

/// The table of compare. Times are milliseconds since 1970.
enum Schema {
    static let migrations = [
        Migration(
            "notes",
            """
            CREATE TABLE notes (
                account TEXT NOT NULL,
                id TEXT NOT NULL,
                text TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                PRIMARY KEY (account, id)
            )
            """)
    ]
}
