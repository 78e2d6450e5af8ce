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
        Migration(
            "clients",
            """
            -- The registered clients. Spaces separate the items of lists. `secret_hash` is null for a public client.
            -- `last_token_at` and `tokens_expire_at` are the latest issue and the latest expiry of the access tokens
            -- that a client got for itself.
            CREATE TABLE clients (
                id TEXT PRIMARY KEY,
                name TEXT NOT NULL,
                secret_hash BYTEA,
                grant_types TEXT NOT NULL,
                scope TEXT NOT NULL,
                audience TEXT NOT NULL,
                redirect_uris TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                last_token_at BIGINT NOT NULL DEFAULT 0,
                tokens_expire_at BIGINT NOT NULL DEFAULT 0
            );

            -- The registered client that holds the tokens of a session; null for login's own client and pages. The
            -- column has no foreign key, because a session outlives its client until the session is removed.
            ALTER TABLE sessions ADD COLUMN client_id TEXT;
            CREATE INDEX sessions_of_client ON sessions (client_id, account_id);

            -- The client that got a revoked token for itself, because the number of entries of one client is limited.
            ALTER TABLE revocations ADD COLUMN client_id TEXT;
            CREATE INDEX revocations_of_client ON revocations (client_id, expires_at);

            -- What accounts have allowed clients to do. `scope` and `audience` are the most that one request may ask for
            -- without a question.
            CREATE TABLE consents (
                account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
                client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
                scope TEXT NOT NULL,
                audience TEXT NOT NULL,
                allowed_at BIGINT NOT NULL,
                PRIMARY KEY (account_id, client_id, scope, audience)
            );
            CREATE INDEX consents_of_client ON consents (client_id);

            -- The hashes of authorization codes. `browser_session_id` is the session in which a person allowed the
            -- client; it has no foreign key, because a redeemed code outlives it. `session_id` is the session that the
            -- code began; null until it is redeemed.
            CREATE TABLE authorization_codes (
                hash BYTEA PRIMARY KEY,
                client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
                account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
                browser_session_id TEXT NOT NULL,
                redirect_uri TEXT NOT NULL,
                scope TEXT NOT NULL,
                audience TEXT NOT NULL,
                challenge BYTEA NOT NULL,
                wrong_verifiers BIGINT NOT NULL DEFAULT 0,
                expires_at BIGINT NOT NULL,
                session_id TEXT REFERENCES sessions (id) ON DELETE CASCADE
            );
            CREATE INDEX authorization_codes_by_expiry ON authorization_codes (expires_at) WHERE session_id IS NULL;
            CREATE INDEX authorization_codes_of_account ON authorization_codes (account_id, client_id);
            CREATE INDEX authorization_codes_of_client ON authorization_codes (client_id);
            CREATE INDEX authorization_codes_of_session ON authorization_codes (session_id);
            """),
        Migration(
            "known clients",
            """
            -- The failed sign-ins since the last successful one, from networks and browsers that are not known.
            ALTER TABLE accounts ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;
            ALTER TABLE accounts ADD COLUMN failed_at BIGINT NOT NULL DEFAULT 0;

            -- The number of access tokens that were revoked one by one in an hour, counted from 1970.
            ALTER TABLE accounts ADD COLUMN revoked_tokens BIGINT NOT NULL DEFAULT 0;
            ALTER TABLE accounts ADD COLUMN revoked_tokens_hour BIGINT NOT NULL DEFAULT 0;

            -- The networks and browsers from which an account has signed in, with the failed sign-ins since then.
            -- `client` is a network or the hash of a device cookie, depending on `kind`.
            CREATE TABLE known_clients (
                account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
                kind TEXT NOT NULL,
                client TEXT NOT NULL,
                signed_in_at BIGINT NOT NULL,
                failures BIGINT NOT NULL DEFAULT 0,
                PRIMARY KEY (account_id, kind, client)
            );
            CREATE INDEX known_clients_by_client ON known_clients (client);

            -- The failed sign-ins with names that no account has, by a hash of the name with a bounded range.
            CREATE TABLE unknown_names (
                bucket BIGINT PRIMARY KEY,
                failures BIGINT NOT NULL,
                failed_at BIGINT NOT NULL
            );

            -- Whether the sign-in asked for less than the scope of its account.
            ALTER TABLE sessions ADD COLUMN narrowed BOOLEAN NOT NULL DEFAULT FALSE;
            -- The program and the address of the last use.
            ALTER TABLE sessions ADD COLUMN last_device TEXT NOT NULL DEFAULT 'Unknown program';
            ALTER TABLE sessions ADD COLUMN last_address TEXT NOT NULL DEFAULT 'unknown';
            UPDATE sessions SET last_device = device, last_address = address;
            """),
        Migration(
            "key of unknown names",
            """
            -- One row: the random key of the hash that chooses a row of `unknown_names`, the same for all replicas.
            CREATE TABLE unknown_name_key (id BIGINT PRIMARY KEY, key BYTEA NOT NULL)
            """),
        Migration(
            "salts by session",
            """
            -- Each renewal erases the old salts of its session, which has few salts and up to 4,096 tokens. Writing waits
            -- while the index is made, about a second for a million tokens.
            -- squawk-ignore require-concurrent-index-creation
            CREATE INDEX salts_of_session ON refresh_tokens (session_id) WHERE successor_salt IS NOT NULL
            """),
    ]
}
