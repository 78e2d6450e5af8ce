import JWT

/// `jwt verify --batch`: decides the cases of a conformance corpus, one JSON object on each line.
///
/// A corpus tests only the rules of the RFCs. Its secrets may be published examples, and its leeway may be any number.
/// Claims that RFC 7519 does not define may have any type. All other rules are as strict as without `--batch`.
enum Batch {
    /// Prints the result of each line before the next line is read. A line of white space has no result.
    static func run() throws(CommandError) {
        while let line = Console.readLine() {
            if !line.allSatisfy({ " \t\r".utf8.contains($0) }) { try Console.print(result(of: line)) }
        }
    }

    /// The result of one line, as one line of JSON.
    static func result(of line: [UInt8]) -> String {
        var name = JSONValue.null
        do throws(CommandError) {
            guard line.count <= Console.maximumInputBytes else { throw .tooLarge("the line") }
            guard let entry = JSONValue(object: line) else {
                // If only the Unicode of the line is invalid, the result still has the name of the case.
                name = InvalidUnicode.replaced(in: line).flatMap { JSONValue(object: $0)?["name"] } ?? .null
                throw CommandError(.malformed, "the line is not one strict JSON object")
            }
            name = entry["name"] ?? .null
            return JSONValue.object([
                .init("name", name), .init("ok", true), .init("claims", try BatchCase(entry).decide()),
            ]).text
        } catch {
            return JSONValue.object([
                .init("name", name), .init("ok", false), .init("error", .string(error.code)),
                .init("detail", .string(error.sentence)),
            ]).text
        }
    }
}
