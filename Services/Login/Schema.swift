import Database

/// The tables of login. Times are milliseconds since 1970.
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

            -- The scopes of accounts. `place` keeps the order in which they were granted.
            CREATE TABLE grants (
                account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
                scope TEXT NOT NULL,
                place BIGINT NOT NULL,
                PRIMARY KEY (account_id, scope)
            );

            -- One row for each sign-in. `scope` and `audience` are the most that its tokens may ever have.
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

            -- The hashes of the refresh tokens of sessions. A used token stays, because its second use must be
            -- recognized.
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
            -- The number of password changes. A sign-in with an older number begins no session.
            ALTER TABLE accounts ADD COLUMN password_version BIGINT NOT NULL DEFAULT 0;

            -- `tokens_expire_at`: the latest expiry of the access tokens of a session; for older sessions an upper
            -- bound.
            ALTER TABLE sessions ADD COLUMN last_used_at BIGINT NOT NULL DEFAULT 0;
            ALTER TABLE sessions ADD COLUMN tokens_expire_at BIGINT NOT NULL DEFAULT 0;
            UPDATE sessions SET last_used_at = created_at, tokens_expire_at = expires_at;
            CREATE INDEX sessions_by_expiry ON sessions (expires_at);

            -- The salt from which the successor of a used token is derived, as long as the use may be repeated.
            ALTER TABLE refresh_tokens ADD COLUMN successor_salt BYTEA;

            -- One row: the number of the last revocation, and the epoch in which the numbers are one sequence.
            CREATE TABLE feed (id BIGINT PRIMARY KEY, seq BIGINT NOT NULL, epoch TEXT NOT NULL);
            INSERT INTO feed (id, seq, epoch) VALUES (1, 1, 'first');

            -- What services must reject before it expires. `subject` is the id of a session, token or account. For an
            -- account, it covers the tokens that were issued before `before`, in seconds.
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
            -- The program and the address with which a session began.
            ALTER TABLE sessions ADD COLUMN device TEXT NOT NULL DEFAULT 'Unknown program';
            ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT 'unknown';

            -- The hashes of the cookies that browsers hold in place of refresh tokens.
            CREATE TABLE browser_keys (
                hash BYTEA PRIMARY KEY,
                session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE
            );
            CREATE INDEX browser_keys_of_session ON browser_keys (session_id);
            """),
        Migration(
            "bounded families",
            """
            -- By age, because only the latest tokens of a session are kept.
            DROP INDEX refresh_tokens_of_session;
            CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id, created_at);
            """),
        Migration(
            "revocations of an account",
            """
            -- The account of the session or token, because the number of entries of one account is limited.
            ALTER TABLE revocations ADD COLUMN account_id TEXT;
            CREATE INDEX revocations_of_account ON revocations (account_id, expires_at);
            """),
        Migration(
            "API tokens",
            """
            -- The hashes of the API tokens of accounts. `expires_at` is null for a token that does not expire.
            CREATE TABLE api_tokens (
                id TEXT PRIMARY KEY,
                account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
                hash BYTEA NOT NULL UNIQUE,
                name TEXT NOT NULL,
                scope TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                expires_at BIGINT
            );
            CREATE INDEX api_tokens_of_account ON api_tokens (account_id, id);
            """),
        Migration(
            "WeChat",
            """
            -- The WeChat users that are bound to accounts, by the hash of their openid.
            CREATE TABLE wechat_bindings (
                openid_hash BYTEA PRIMARY KEY,
                account_id TEXT NOT NULL UNIQUE REFERENCES accounts (id) ON DELETE CASCADE,
                created_at BIGINT NOT NULL
            );

            -- The sessions that began with a sign-in by WeChat.
            CREATE TABLE wechat_sessions (
                session_id TEXT PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
                account_id TEXT NOT NULL
            );
            CREATE INDEX wechat_sessions_of_account ON wechat_sessions (account_id);
            """),
    ]
}
