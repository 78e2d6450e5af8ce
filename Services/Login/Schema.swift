import Database

/// The tables of the login service. Times are milliseconds since 1970.
enum Schema {
    static let migrations = [
        Migration(
            "accounts and sessions",
            """
            CREATE TABLE accounts (
                id TEXT PRIMARY KEY,
                username TEXT NOT NULL UNIQUE,
                password TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                disabled_at BIGINT
            );

            -- What an account may do; `place` keeps the order in which it was granted.
            CREATE TABLE grants (
                account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
                scope TEXT NOT NULL,
                place BIGINT NOT NULL,
                PRIMARY KEY (account_id, scope)
            );

            -- One for each sign-in. `scope` and `audience` bound what its tokens may ever be good for.
            CREATE TABLE sessions (
                id TEXT PRIMARY KEY,
                account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
                scope TEXT NOT NULL,
                audience TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                expires_at BIGINT NOT NULL,
                ended_at BIGINT
            );
            CREATE INDEX sessions_of_account ON sessions (account_id, created_at);

            -- The family of a session's refresh tokens, by their hashes. One that was used stays, so that a second use of
            -- it is recognized.
            CREATE TABLE refresh_tokens (
                hash BYTEA PRIMARY KEY,
                session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
                created_at BIGINT NOT NULL,
                used_at BIGINT
            );
            CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);
            """)
    ]
}
