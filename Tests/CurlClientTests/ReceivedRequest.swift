import Foundation

/// A request as a server received it.
struct ReceivedRequest: Sendable {
    let lines: [String]
    let body: [UInt8]

    /// The request line, such as `GET / HTTP/1.1`.
    var requestLine: String { lines.first ?? "" }

    /// The values of the header fields with this name, in lower case.
    func values(_ name: String) -> [String] {
        lines.dropFirst().compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].lowercased() == name else { return nil }
            return parts[1].trimmingCharacters(in: .whitespaces)
        }
    }
}
