internal import CLibpq
internal import Foundation
import Synchronization

/// A connection to a PostgreSQL server, through libpq. One thread at a time may use it.
///
/// The methods wait with `poll`, so a server that stops responding or a cancelled task cannot hold the thread.
@safe final class PostgreSQLConnection {
    /// The maximum number of statements that stay prepared. The services have fewer.
    private static let maximumPreparedStatements = 256
    /// How long a statement may take until the server counts as lost. The server itself ends a statement earlier, by
    /// `statement_timeout`.
    private static let responseTime = Duration.seconds(10)
    /// How long a statement may go on after its task was cancelled.
    private static let cancellationTime = Duration.seconds(2)
    /// How often a waiting thread looks whether its task was cancelled, in milliseconds.
    private static let pollMilliseconds: Int32 = 50

    private let handle: OpaquePointer
    /// The number of each prepared statement, which is part of its name.
    private var preparedStatements: [PreparedStatement: Int] = [:]
    /// How many statements were prepared when the transaction began.
    private var earlierStatementCount = 0

    /// Whether another transaction may use the connection.
    private(set) var isUsable = true
    /// The code of the last error of the server; nil if there was none since `begin`.
    private(set) var lastError: SQLState?
    /// Whether the transaction has run a statement that an earlier one prepared.
    private(set) var hasReusedStatement = false
    /// How long a statement may take; nil for no limit.
    var responseTime: Duration? = PostgreSQLConnection.responseTime

    /// Whether a pooler such as PgBouncer is between this connection and the server. It may run each transaction in another
    /// session, so no statement stays prepared, and each transaction has to make its settings.
    private var isPooled = false
    /// Whether the transaction may change the database.
    private var isWriting = false
    /// Whether libpq may have bytes of a decrypted record that it has not read. The socket does not show them.
    private var mayHoldInput = false

    /// The warnings of the server since the commit began.
    private let warnings = WarningCounter()
    /// Whether a request to cancel a statement is in progress.
    private let cancelRequest = CancelRequest()

    /// A statement that is prepared for values of these types.
    private struct PreparedStatement: Hashable {
        let sql: String
        let types: [Oid]
    }

    /// The kinds of transactions.
    enum TransactionKind: String {
        /// One consistent state for all statements.
        case read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        /// Each statement sees what was committed before it.
        case write = "BEGIN ISOLATION LEVEL READ COMMITTED"
    }

    /// Connects to the server. The thread waits for `connect_timeout` at most, for each host.
    ///
    /// - Throws: `DatabaseError` with code `unavailable`.
    init(_ url: PostgreSQLURL) throws(DatabaseError) {
        guard let handle = unsafe Self.connect(url.parameters) else {
            throw DatabaseError(.unavailable, "There is no memory for a connection to the database")
        }
        unsafe self.handle = unsafe handle
        guard unsafe PQstatus(handle) == CONNECTION_OK else {
            let message = errorMessage
            throw DatabaseError(
                .unavailable, "Cannot connect to the database. \(message)\(Self.advice(for: message))")
        }
        let version = unsafe PQserverVersion(handle)
        guard version >= 150_000 else {
            throw DatabaseError(
                .unavailable, "The server runs PostgreSQL \(version / 10_000); use a server of version 15 or later")
        }
        guard unsafe PQsetnonblocking(handle, 1) == 0 else { throw lost() }
        // libpq would print the warnings to standard error.
        unsafe PQsetNoticeReceiver(handle, WarningCounter.receive, Unmanaged.passUnretained(warnings).toOpaque())
        // A pooler makes up the number of the process, because the process changes.
        isPooled = try serverProcess() != Int(unsafe PQbackendPID(handle))
        guard !isPooled, !url.setsCommit else { return }
        try run(script: PostgreSQLURL.durableCommit(isLocal: false), isCancellable: false)
    }

    /// The number of the process that serves this connection.
    private func serverProcess() throws(DatabaseError) -> Int? {
        var number: Int?
        try send(isCancellable: false) { unsafe PQsendQuery(handle, "SELECT pg_backend_pid()") }
        try forEachResult(isCancellable: false) { result throws(DatabaseError) in
            if case .integer(let value)? = try result.values().first { number = value }
        }
        return number
    }

    deinit { unsafe PQfinish(handle) }

    private static func connect(_ parameters: [String: String]) -> OpaquePointer? {
        var keys = unsafe parameters.keys.map { unsafe UnsafePointer(strdup($0)) } + [nil]
        var values = unsafe parameters.values.map { unsafe UnsafePointer(strdup($0)) } + [nil]
        defer { unsafe (keys + values).forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) } }
        return unsafe PQconnectdbParams(&keys, &values, 0)
    }

    /// The message of the last error in one line. libpq repeats it after an attempt without encryption.
    private var errorMessage: String {
        unsafe String(cString: PQerrorMessage(handle)).split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }
            .reduce(into: [String]()) { lines, line in if !lines.contains(line) { lines.append(line) } }
            .joined(separator: "; ")
    }
}

// MARK: - Transactions

extension PostgreSQLConnection {
    /// Begins a transaction. A cancelled task waits for the response too, because the connection stays usable then.
    ///
    /// - Parameter deadline: The time until which to wait for the response, if it is before `responseTime` has passed.
    /// - Throws: `DatabaseError`, with code `readOnly` if the server does not accept a write.
    func begin(_ kind: TransactionKind, until deadline: ContinuousClock.Instant? = nil) throws(DatabaseError) {
        (lastError, hasReusedStatement, earlierStatementCount) = (nil, false, preparedStatements.count)
        isWriting = kind == .write
        // A pooler may report the settings of another session.
        if isWriting, !isPooled,
            parameter("in_hot_standby") == "on" || parameter("default_transaction_read_only") == "on"
        {
            isUsable = false
            throw Self.acceptsNoChanges
        }
        let usualTime = responseTime
        defer { responseTime = usualTime }
        if let deadline {
            let remainingTime = deadline - .now
            responseTime = min(responseTime ?? remainingTime, remainingTime)
        }
        guard isPooled else { return try run(script: kind.rawValue, isCancellable: false) }
        let script = "\(kind.rawValue); \(PostgreSQLURL.transactionSettings); SHOW transaction_read_only"
        var isReadOnly = false
        try send(isCancellable: false) { unsafe PQsendQuery(handle, script) }
        try forEachResult(isCancellable: false) { result throws(DatabaseError) in
            if result.columnNames == ["transaction_read_only"] { isReadOnly = try result.values() == [.text("on")] }
        }
        guard isWriting, isReadOnly else { return }
        rollback()
        isUsable = false
        throw Self.acceptsNoChanges
    }

    private static let acceptsNoChanges = DatabaseError(
        .readOnly,
        """
        The server accepts no changes, because it is a standby or read-only: connect to the primary, or name all servers in \
        the URL with target_session_attrs=read-write
        """)

    /// Commits the transaction.
    ///
    /// - Throws: `DatabaseError`, with code `unknownOutcome` if the server does not respond, or if an administrator
    ///   ends its wait for a synchronous standby.
    func commit() throws(DatabaseError) {
        var tag = ""
        warnings.count = 0
        do throws(DatabaseError) {
            try send(isCancellable: false) { unsafe PQsendQuery(handle, "COMMIT") }
            try forEachResult(isCancellable: false) { result throws(DatabaseError) in tag = result.commandTag }
        } catch {
            guard !isUsable else { throw error }
            throw DatabaseError(
                .unknownOutcome,
                "The server has not confirmed the commit, so the changes may be stored or not: \(error.message)")
        }
        guard tag == "COMMIT" else {
            throw DatabaseError(.invalidStatement, "The transaction had failed or ended before its commit")
        }
        // The only warning of a commit (https://www.postgresql.org/docs/15/warm-standby.html#SYNCHRONOUS-REPLICATION-HA).
        guard warnings.count == 0 else {
            throw DatabaseError(
                .unknownOutcome, "The wait for a synchronous standby was ended, so a failover may lose the changes")
        }
    }

    /// Ends a transaction that has only read. A connection that is lost now does not matter to its result.
    func endRead() { end("COMMIT") }

    /// Rolls the transaction back. If that fails, the connection is no longer usable, and its end rolls back.
    func rollback() { end("ROLLBACK") }

    private func end(_ statement: String) {
        guard isUsable else { return }
        try? run(script: statement, isCancellable: false)
        if unsafe PQtransactionStatus(handle) != PQTRANS_IDLE { isUsable = false }
    }

    /// The value of a setting that the server reports when it changes.
    private func parameter(_ name: String) -> String? {
        unsafe PQparameterStatus(handle, name).map { unsafe String(cString: $0) }
    }
}

// MARK: - Statements

extension PostgreSQLConnection {
    /// Runs statements that are separated by semicolons.
    ///
    /// - Throws: `DatabaseError`.
    func run(script: String, isCancellable: Bool = true) throws(DatabaseError) {
        try send(isCancellable: isCancellable) { unsafe PQsendQuery(handle, script) }
        try forEachResult(isCancellable: isCancellable) { _ in }
    }

    /// Runs one statement and calls `body` with each row and with the end of the result.
    ///
    /// - Throws: `DatabaseError`.
    func run(
        _ sql: String, _ values: [SQLValue], body: (PostgreSQLResult) throws(DatabaseError) -> Void
    ) throws(DatabaseError) {
        let statement = PreparedStatement(sql: sql, types: values.map(\.parameterType))
        if let number = preparedStatements[statement] {
            if number < earlierStatementCount { hasReusedStatement = true }
            try run(prepared: Self.name(of: number), values, body: body)
        } else {
            try StatementText(sql).checkParameters(valueCount: values.count)
            let number = preparedStatements.count
            let staysPrepared = !isPooled && number < Self.maximumPreparedStatements
            let name = staysPrepared ? Self.name(of: number) : ""
            try send { unsafe PQsendPrepare(handle, name, sql, CInt(values.count), statement.types) }
            try forEachResult { _ in }
            if staysPrepared { preparedStatements[statement] = number }
            try run(prepared: name, values, body: body)
        }
        guard unsafe PQtransactionStatus(handle) == PQTRANS_INTRANS else {
            isUsable = false
            throw DatabaseError(.invalidStatement, "The statement ended its transaction")
        }
    }

    private static func name(of number: Int) -> String { "s\(number)" }

    private func run(
        prepared name: String, _ values: [SQLValue], body: (PostgreSQLResult) throws(DatabaseError) -> Void
    ) throws(DatabaseError) {
        let parameters = values.map(\.encoded)
        let (lengths, formats) = (parameters.map { CInt($0?.count ?? 0) }, values.map(\.encodedFormat))
        // All values lie in one buffer, because pointers into it stay valid only while it does not change.
        var (buffer, starts): ([UInt8], [Int]) = ([], [])
        for bytes in parameters {
            starts.append(buffer.count)
            buffer += bytes ?? []
            buffer.append(0)
        }
        try send {
            unsafe buffer.withUnsafeBytes { buffer in
                let pointers: [UnsafePointer<CChar>?] = unsafe zip(starts, parameters).map { start, bytes in
                    unsafe bytes == nil
                        ? nil : buffer.baseAddress.map { unsafe ($0 + start).assumingMemoryBound(to: CChar.self) }
                }
                return unsafe PQsendQueryPrepared(
                    handle, name, CInt(values.count), pointers, lengths, formats, 0)
            }
        }
        // Without this, libpq would keep all rows of a result in memory before the first one is read.
        unsafe PQsetSingleRowMode(handle)
        try forEachResult(body: body)
    }

    private func send(isCancellable: Bool = true, _ send: () -> CInt) throws(DatabaseError) {
        if isCancellable, Task.isCancelled { throw DatabaseError(.cancelled, "The task was cancelled") }
        guard isUsable else { throw DatabaseError(.unavailable, "The connection to the database was lost") }
        guard send() == 1 else { throw lost() }
        // All results of the statement before were read.
        mayHoldInput = false
    }

    /// Calls `body` with each result of the statements in progress, and waits for the last one.
    ///
    /// - Throws: The error of the server or of `body`; `DatabaseError` with code `cancelled` if the task is cancelled, and
    ///   `unavailable` if the connection is lost.
    private func forEachResult(
        isCancellable: Bool = true, body: (PostgreSQLResult) throws(DatabaseError) -> Void
    ) throws(DatabaseError) {
        var failure: DatabaseError?
        while let result = try nextResult(isCancellable: isCancellable) {
            guard failure == nil else { continue }
            do throws(DatabaseError) {
                if let state = result.errorState {
                    failure = error(state, result.errorMessage)
                } else if result.isCopy {
                    isUsable = false
                    throw DatabaseError(.invalidStatement, "COPY is not supported")
                } else if result.isEmpty {
                    throw DatabaseError(.invalidStatement, "The text contains no statement")
                } else {
                    try body(result)
                }
            } catch {
                failure = error
                // After COPY, libpq returns the same result forever.
                if result.isCopy { break }
            }
        }
        if let failure { throw failure }
    }

    private func error(_ state: SQLState, _ message: String) -> DatabaseError {
        lastError = state
        let isConnected = unsafe PQstatus(handle) == CONNECTION_OK
        if state.endsConnection || !isConnected { isUsable = false }
        switch state.text {
        case _ where state.mayNameValues:
            return DatabaseError(state.code, "A value does not fit its column or expression (SQLSTATE \(state.text))")
        case _ where state.code == .full:
            return DatabaseError(.full, "The disk of the server is full, so make space there (\(message))")
        case "42501":
            return DatabaseError(
                state.code,
                "The user of the URL may not do this, so make it the owner of the database and its tables (\(message))"
            )
        case "42P07":
            return DatabaseError(
                state.code, "Another program uses this database, so name an empty one in the URL (\(message))")
        case "3F000":
            return DatabaseError(
                state.code,
                """
                The search_path names no schema that the user of the URL may use, so create one or change the search_path \
                (\(message))
                """)
        case "25006" where isWriting:
            return Self.acceptsNoChanges
        case "57014" where Task.isCancelled:
            return DatabaseError(.cancelled, "The task was cancelled")
        default:
            return DatabaseError(state.code, message)
        }
    }

    private func lost() -> DatabaseError {
        isUsable = false
        lastError = .connectionFailure
        return DatabaseError(.unavailable, "The connection to the database was lost. \(errorMessage)")
    }
}

// MARK: - Waiting

extension PostgreSQLConnection {
    /// The next result of the statements in progress; nil when they have ended.
    private func nextResult(isCancellable: Bool) throws(DatabaseError) -> PostgreSQLResult? {
        let start = ContinuousClock.now
        var (firstCancellation, lastCancellation): (ContinuousClock.Instant?, ContinuousClock.Instant?)
        while unsafe PQisBusy(handle) == 1 {
            let now = ContinuousClock.now
            // The request to cancel has no effect if it comes before the statement, so it is repeated.
            if isCancellable, Task.isCancelled, lastCancellation.map({ now - $0 > .milliseconds(500) }) ?? true {
                (firstCancellation, lastCancellation) = (firstCancellation ?? now, now)
                cancelStatement()
            }
            let unsent = unsafe PQflush(handle)
            guard unsent >= 0 else { throw lost() }
            var descriptor = unsafe pollfd(
                fd: PQsocket(handle), events: Int16(unsent == 1 ? POLLIN | POLLOUT : POLLIN), revents: 0)
            // A read may leave a part of a record of TLS in libpq, so the next one does not wait for the socket.
            let isReadable = unsafe poll(&descriptor, 1, mayHoldInput ? 0 : Self.pollMilliseconds) > 0
            if !isReadable, !mayHoldInput {
                if let firstCancellation, now - firstCancellation > Self.cancellationTime {
                    throw DatabaseError(.cancelled, "The task was cancelled")
                }
                // A process that was paused first reads what has arrived meanwhile.
                if let responseTime, now - start > responseTime {
                    isUsable = false
                    throw DatabaseError(.unavailable, "The database has not responded for \(responseTime)")
                }
            }
            guard unsafe PQconsumeInput(handle) == 1 else { throw lost() }
            mayHoldInput = isReadable
        }
        return unsafe PQgetResult(handle).map { unsafe PostgreSQLResult($0) }
    }

    /// Asks the server to cancel the statement in progress.
    ///
    /// A late request could reach the next statement, so the connection is not used again.
    private func cancelStatement() {
        isUsable = false
        unsafe cancelRequest.send(for: handle)
    }
}

/// A request to cancel the statement of a connection. It blocks, so it has a thread, but never two at the same time.
private final class CancelRequest: Sendable {
    private let isRunning = Mutex(false)

    func send(for handle: OpaquePointer) {
        let mayStart = isRunning.withLock { isRunning in
            defer { isRunning = true }
            return !isRunning
        }
        guard mayStart else { return }
        nonisolated(unsafe) let cancel = unsafe PQgetCancel(handle)
        do throws(DatabaseError) {
            try DetachedThread.start {
                var message = [CChar](repeating: 0, count: 256)
                if let cancel = unsafe cancel { unsafe PQcancel(cancel, &message, CInt(message.count)) }
                unsafe self.finish(cancel)
            }
        } catch {
            // The connection sends the next request a little later.
            unsafe finish(cancel)
        }
    }

    private func finish(_ cancel: OpaquePointer?) {
        unsafe PQfreeCancel(cancel)
        isRunning.withLock { $0 = false }
    }
}

/// Counts the warnings of a connection.
private final class WarningCounter {
    var count = 0

    /// Receives a warning. libpq calls it on the thread that uses the connection.
    static let receive: PQnoticeReceiver = { counter, _ in
        guard let counter = unsafe counter else { return }
        unsafe Unmanaged<WarningCounter>.fromOpaque(counter).takeUnretainedValue().count += 1
    }
}
