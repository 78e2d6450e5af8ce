/// The facts about a statement that its text shows: its first word and the numbers of its parameters.
struct StatementText {
    /// The first word in upper case; empty for a text without words.
    private(set) var firstWord = ""
    /// The numbers of the parameters: 1 for `$1`.
    private(set) var parameters: Set<Int> = []

    private static let transactionWords: Set = [
        "ABORT", "BEGIN", "COMMIT", "END", "PREPARE", "RELEASE", "ROLLBACK", "SAVEPOINT", "START",
    ]

    init(_ sql: String) {
        var bytes = Array(sql.utf8)[...]
        while let byte = bytes.first {
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\""):
                bytes = bytes.dropFirst().drop { $0 != byte }.dropFirst()
            case UInt8(ascii: "-") where bytes.starts(with: "--".utf8):
                bytes = bytes.drop { $0 != UInt8(ascii: "\n") }
            case UInt8(ascii: "/") where bytes.starts(with: "/*".utf8):
                bytes = bytes.dropFirst(2)
                while !bytes.isEmpty, !bytes.starts(with: "*/".utf8) { bytes = bytes.dropFirst() }
                bytes = bytes.dropFirst(2)
            case UInt8(ascii: "$"):
                let digits = bytes.dropFirst().prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
                if let number = Int(String(decoding: digits, as: UTF8.self)) { parameters.insert(number) }
                bytes = bytes.dropFirst(1 + digits.count)
            default:
                let word = bytes.prefix(while: Self.isPartOfWord)
                if firstWord.isEmpty { firstWord = String(decoding: word, as: UTF8.self).uppercased() }
                bytes = bytes.dropFirst(max(word.count, 1))
            }
        }
    }

    /// Checks that a statement neither begins nor ends a transaction. An engine would execute `COMMIT` in the middle of a
    /// transaction.
    ///
    /// - Throws: `DatabaseError` with code `invalidStatement`.
    static func checkTransaction(_ sql: String) throws(DatabaseError) {
        // Most statements begin with their first word. The others need the whole scan.
        let prefix = sql.utf8.prefix(while: isPartOfWord)
        let word = prefix.isEmpty ? StatementText(sql).firstWord : String(Substring(prefix)).uppercased()
        guard transactionWords.contains(word) else { return }
        throw DatabaseError(
            .invalidStatement, "Only read and write begin and end transactions, not a statement like \(word)")
    }

    /// Checks that the statement has exactly the parameters `$1` to the number of values. PostgreSQL accepts values without
    /// a parameter.
    ///
    /// - Throws: `DatabaseError` with code `invalidStatement`.
    func checkParameters(valueCount: Int) throws(DatabaseError) {
        guard parameters == Set((0..<valueCount).map { $0 + 1 }) else {
            throw DatabaseError(
                .invalidStatement, "The statement has other parameters than its \(valueCount) values need: $1, $2, …")
        }
    }

    private static func isPartOfWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
            true
        default: false
        }
    }
}
