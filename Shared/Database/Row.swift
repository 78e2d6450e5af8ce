/// A row of a result. Columns are read by name: `let stock: Int = try row["stock"]`.
public struct Row: Sendable {
    let columns: [String]
    let values: [SQLValue]

    /// The value of the first column with this name, as the requested type. An optional type accepts null.
    ///
    /// - Throws: `DatabaseError` with code `invalidColumn` if there is no such column or its value has another type.
    public subscript<Wanted: Storable>(column: String) -> Wanted {
        get throws(DatabaseError) {
            guard let index = columns.firstIndex(of: column) else {
                throw DatabaseError(.invalidColumn, "The result has no column \(column)")
            }
            guard let wanted = Wanted(values[index]) else {
                throw DatabaseError(
                    .invalidColumn, "The column \(column) contains \(values[index].typeName), not \(Wanted.self)")
            }
            return wanted
        }
    }
}

extension SQLValue {
    var typeName: String {
        switch self {
        case .null: "null"
        case .integer: "an integer"
        case .text: "text"
        case .bytes: "bytes"
        case .boolean: "a boolean"
        }
    }
}
