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
            """),
        Migration(
            "revocations",
            """
            -- Grows with every change of the password: who was let in with the old one is too late.
            ALTER TABLE accounts ADD COLUMN password_version BIGINT NOT NULL DEFAULT 0;

            -- `tokens_expire_at`: until when access tokens of the session can be good; of older sessions a bound for it.
            ALTER TABLE sessions ADD COLUMN last_used_at BIGINT NOT NULL DEFAULT 0;
            ALTER TABLE sessions ADD COLUMN tokens_expire_at BIGINT NOT NULL DEFAULT 0;
            UPDATE sessions SET last_used_at = created_at, tokens_expire_at = expires_at;
            CREATE INDEX sessions_by_expiry ON sessions (expires_at);

            -- What the successor of a used token is derived from, as long as the use may be repeated.
            ALTER TABLE refresh_tokens ADD COLUMN successor_salt BYTEA;

            -- One row: the number of the last revocation, and since when the numbers are one sequence.
            CREATE TABLE feed (id BIGINT PRIMARY KEY, seq BIGINT NOT NULL, epoch TEXT NOT NULL);
            INSERT INTO feed (id, seq, epoch) VALUES (1, 1, 'first');

            -- What services refuse although it has not expired. `subject` is the id of the session, token or account;
            -- of an account, tokens that were issued before `before`, in seconds.
            CREATE TABLE revocations (
                seq BIGINT PRIMARY KEY,
                kind TEXT NOT NULL,
                subject TEXT NOT NULL,
                before BIGINT,
                session_id TEXT,
                expires_at BIGINT NOT NULL
            );
            CREATE INDEX revocations_by_expiry ON revocations (expires_at);
            CREATE INDEX revocations_of_session ON revocations (session_id);
            CREATE INDEX revocations_of_subject ON revocations (subject);
            """),
        Migration(
            "browsers",
            """
            -- From where a session was begun.
            ALTER TABLE sessions ADD COLUMN device TEXT NOT NULL DEFAULT 'Unknown program';
            ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT 'unknown';

            -- What a browser holds of a session in place of a refresh token, by its hash.
            CREATE TABLE browser_keys (
                hash BYTEA PRIMARY KEY,
                session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE
            );
            CREATE INDEX browser_keys_of_session ON browser_keys (session_id);
            """),
        Migration(
            "bounded families",
            """
            -- By age, since of each session only the latest tokens are kept.
            DROP INDEX refresh_tokens_of_session;
            CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id, created_at);
            """),
        Migration(
            "revocations of an account",
            """
            -- Whose session or token it is about, since of each account only so many are kept apart.
            ALTER TABLE revocations ADD COLUMN account_id TEXT;
            CREATE INDEX revocations_of_account ON revocations (account_id, expires_at);
            """),
    ]
}
