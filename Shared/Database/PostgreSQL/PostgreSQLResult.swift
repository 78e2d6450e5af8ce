internal import CLibpq
internal import Foundation

/// A result of libpq: one row, the end of a statement, or an error.
@safe final class PostgreSQLResult {
    private let result: OpaquePointer

    /// Takes over a result and releases it later.
    init(_ result: OpaquePointer) {
        unsafe self.result = unsafe result
    }

    deinit { unsafe PQclear(result) }

    private var status: ExecStatusType { unsafe PQresultStatus(result) }

    var isEmpty: Bool { status == PGRES_EMPTY_QUERY }

    var isCopy: Bool { [PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH].contains(status) }

    /// Whether the result contains a row; otherwise it is the end of a statement.
    var hasRow: Bool { status == PGRES_SINGLE_TUPLE }

    /// The code of the error; nil if the result is not an error.
    var errorState: SQLState? {
        guard status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE else { return nil }
        guard let code = unsafe PQresultErrorField(result, Self.sqlStateField) else { return .connectionFailure }
        return SQLState(text: unsafe String(cString: code))
    }

    /// The message of the error, without its details, which may contain values.
    var errorMessage: String {
        let field = unsafe PQresultErrorField(result, Self.messageField)
        guard let message = unsafe field ?? PQresultErrorMessage(result) else { return "no message" }
        return unsafe String(cString: message).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// `PG_DIAG_SQLSTATE`.
    private static let sqlStateField = CInt(UInt8(ascii: "C"))
    /// `PG_DIAG_MESSAGE_PRIMARY`.
    private static let messageField = CInt(UInt8(ascii: "M"))

    /// The words of a completed statement: `UPDATE 3`.
    var commandTag: String { unsafe String(cString: PQcmdStatus(result)) }

    /// The number of inserted, updated or deleted rows.
    var changeCount: Int {
        let tag = commandTag
        guard ["INSERT", "UPDATE", "DELETE", "MERGE"].contains(where: tag.hasPrefix) else { return 0 }
        return tag.split(separator: " ").last.flatMap { Int($0) } ?? 0
    }

    private var columns: Range<CInt> {
        let count = unsafe PQnfields(result)
        return 0..<count
    }

    var columnNames: [String] {
        columns.map { unsafe String(cString: PQfname(result, $0)) }
    }

    /// The values of the row.
    ///
    /// - Throws: `DatabaseError` with code `invalidColumn` for a type that the columns of the services do not have.
    func values() throws(DatabaseError) -> [SQLValue] {
        try columns.map { column throws(DatabaseError) in try value(column) }
    }

    private func value(_ column: CInt) throws(DatabaseError) -> SQLValue {
        guard unsafe PQgetisnull(result, 0, column) == 0, let text = unsafe PQgetvalue(result, 0, column) else {
            return .null
        }
        let bytes = unsafe UnsafeRawBufferPointer(start: text, count: Int(PQgetlength(result, 0, column)))
        let type = unsafe ColumnType(rawValue: PQftype(result, column))
        switch type {
        case .boolean: return .integer(unsafe bytes.first == UInt8(ascii: "t") ? 1 : 0)
        case .smallInteger, .integer, .bigInteger, .numeric:
            guard let integer = unsafe Int(String(decoding: bytes, as: UTF8.self)) else {
                throw DatabaseError(.invalidColumn, "A column contains a number that is not an integer of 64 bits")
            }
            return .integer(integer)
        case .text, .name, .varchar, .character: return .text(unsafe String(decoding: bytes, as: UTF8.self))
        case .bytes:
            // A proxy between the service and the server may drop the setting `bytea_output`.
            guard unsafe bytes.starts(with: #"\x"#.utf8) else {
                throw DatabaseError(.invalidColumn, "The server sends bytes in another format: set bytea_output to hex")
            }
            return .bytes(unsafe Self.bytes(hexadecimal: bytes.dropFirst(2)))
        case nil:
            throw DatabaseError(.invalidColumn, "A column has a type other than BIGINT, TEXT, BYTEA and BOOLEAN")
        }
    }

    /// Decodes hexadecimal digits in lower case.
    private static func bytes(hexadecimal digits: some Sequence<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in digits {
            let value = digit < UInt8(ascii: "a") ? digit - UInt8(ascii: "0") : digit - UInt8(ascii: "a") + 10
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }
}

/// The types that columns and parameters have, by their number in the catalog `pg_type`.
private enum ColumnType: Oid {
    case boolean = 16
    case bytes = 17
    case name = 19
    case bigInteger = 20
    case smallInteger = 21
    case integer = 23
    case text = 25
    case character = 1042
    case varchar = 1043
    /// The type of `sum` of a column of type `BIGINT`.
    case numeric = 1700
}

extension SQLValue {
    /// The type of a parameter; 0 lets the server choose.
    var parameterType: Oid {
        switch self {
        case .null: 0
        case .integer: ColumnType.bigInteger.rawValue
        case .text: ColumnType.text.rawValue
        case .bytes: ColumnType.bytes.rawValue
        case .boolean: ColumnType.boolean.rawValue
        }
    }

    /// The value as the server reads it, in the format `encodedFormat`; nil for null.
    var encoded: [UInt8]? {
        switch self {
        case .null: nil
        case .integer(let integer): Array(String(integer).utf8)
        case .text(let text): Array(text.utf8)
        case .bytes(let bytes): bytes
        case .boolean(let boolean): Array((boolean ? "t" : "f").utf8)
        }
    }

    /// The format of `encoded`: 0 for text, 1 for binary.
    var encodedFormat: CInt {
        if case .bytes = self { 1 } else { 0 }
    }
}
