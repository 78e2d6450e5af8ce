/// A text for a log line, with a part that grows.
enum LogText: String {
    case plainText, longRun, headerBeginnings, percentSigns, encodedPercentSigns, names, backslashes, spaces, periods,
        lineBreaks, foldings, urls, encodedURLs, replacements

    /// The text with `count` bytes.
    func text(_ count: Int) -> String {
        switch self {
        case .plainText: repeating("GET /orders/{id} 200 ", count)
        case .longRun: repeating("a", count)
        case .headerBeginnings: repeating("eyJ ", count)
        case .percentSigns: repeating("%", count)
        case .encodedPercentSigns: repeating("%25", count)
        case .names: repeating("token:bearer token='", count)
        case .backslashes: "token:" + repeating(#"\"#, count - 6)
        case .spaces: "token:" + repeating(" ", count - 6)
        case .lineBreaks: repeating("\n", count)
        case .foldings: repeating("eyJ\n ", count)
        case .urls: repeating("a://@", count)
        case .encodedURLs: repeating("a:%2F%2F", count)
        case .replacements: repeating("token=[redacted]", count)
        case .periods: repeating("eyJhbGciOi" + String(repeating: ".", count: 90), count)
        }
    }

    private func repeating(_ text: String, _ count: Int) -> String {
        String(String(repeating: text, count: count / text.utf8.count + 1).prefix(count))
    }
}
