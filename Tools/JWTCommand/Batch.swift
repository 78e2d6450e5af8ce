import JWT

/// `jwt verify --batch`: decides the cases of a conformance corpus, one JSON object on each line.
///
/// A corpus tests the rules of the RFCs and no others. Its secrets may be published examples, its leeway any number, and its
/// claims of any type that RFC 7519 does not define. All other rules are as strict as elsewhere.
enum Batch {
    /// Prints the result of each line before the next line is read. A line of white space has no result.
    static func run() {
        while let line = Console.readLine() {
            if !line.allSatisfy({ " \t\r".utf8.contains($0) }) { Console.print(result(of: line)) }
        }
    }

    /// The result of one line, as one line of JSON.
    static func result(of line: [UInt8]) -> String {
        var name = JSONValue.null
        do throws(CommandError) {
            guard line.count <= Console.maximumInputBytes else { throw .tooLarge("the line") }
            guard let entry = JSONValue(object: line) else {
                // The line may be JSON but for its Unicode. Then the result has its name.
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
