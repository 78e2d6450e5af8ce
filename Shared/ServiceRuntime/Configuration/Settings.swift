// Configuration: the settings that a service reads from its environment when it starts. All other code receives values,
// not variables, so a test needs no environment.

public import Configuration
import Foundation

/// The environment of a service, read once when the service starts.
///
/// For an invalid value, a method records the variable and returns the default. `read` then reports all invalid
/// variables together, before the service accepts requests. An empty variable counts as not set.
public struct Settings: Sendable {
    private let reader: ConfigReader
    private var invalidVariables: [ConfigurationError.InvalidVariable] = []

    /// Reads a configuration with `body`.
    ///
    /// - Throws: `ConfigurationError` if `body` rejected a variable; otherwise the error that `body` throws.
    public static func read<Value>(
        _ reader: ConfigReader, _ body: (inout Settings) throws -> Value
    ) throws -> Value {
        var settings = Settings(reader: reader)
        let result = Result { try body(&settings) }
        guard settings.invalidVariables.isEmpty else {
            throw ConfigurationError(invalidVariables: settings.invalidVariables)
        }
        return try result.get()
    }

    private init(reader: ConfigReader) {
        self.reader = reader
    }

    /// The error that stops the reading after a rejected variable; `read` throws `ConfigurationError` in its place.
    public struct Rejection: Error {}

    /// Records that the value of a variable is invalid.
    ///
    /// - Parameters:
    ///   - variable: The name of the environment variable.
    ///   - reason: The reason why the value is invalid, and how to fix it, without a secret.
    /// - Returns: An error for the caller to throw if no default can replace the value.
    @discardableResult
    public mutating func reject(_ variable: String, _ reason: String) -> Rejection {
        invalidVariables.append(.init(name: variable, reason: reason))
        return Rejection()
    }

    /// The text of a variable, or nil if it is not set or empty.
    ///
    /// Text with white space at an end or with a control character is invalid: a file with the line ends of Windows adds an
    /// invisible one, and no other program would read the same value.
    public mutating func string(_ variable: String, isSecret: Bool = false) -> String? {
        guard let text = unchecked(variable, isSecret: isSecret) else { return nil }
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        if trimmed != text {
            reject(variable, "must not begin or end with white space or a line end such as CR; remove it")
        }
        return trimmed
    }

    private func unchecked(_ variable: String, isSecret: Bool = false) -> String? {
        let key = ConfigKey(variable.lowercased().split(separator: "_").map(String.init))
        guard let text = reader.string(forKey: key, isSecret: isSecret), !text.isEmpty else { return nil }
        return text
    }

    /// A whole number within `range`.
    public mutating func integer(_ variable: String, default fallback: Int, in range: ClosedRange<Int>) -> Int {
        guard let text = unchecked(variable) else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            reject(variable, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return fallback
        }
        return number
    }

    /// A switch: `on` or `off`.
    public mutating func toggle(_ variable: String, default fallback: Bool) -> Bool {
        choice(variable, default: fallback, from: ["on": true, "off": false])
    }

    /// The element of `values` whose key is the text of the variable.
    ///
    /// - Parameter ignoresCase: Whether the text may have capital letters; the keys have none.
    public mutating func choice<Value>(
        _ variable: String, default fallback: Value, from values: [String: Value], ignoresCase: Bool = false
    ) -> Value {
        guard let text = unchecked(variable) else { return fallback }
        guard let value = values[ignoresCase ? text.lowercased() : text] else {
            reject(variable, "must be one of: \(values.keys.sorted().joined(separator: ", "))")
            return fallback
        }
        return value
    }

    /// A list of items separated by white space or commas.
    public func list(_ variable: String, default fallback: [String] = []) -> [String] {
        guard let text = unchecked(variable) else { return fallback }
        return text.split { $0.isWhitespace || $0 == "," }.map(String.init)
    }

    /// The URL of an HTTP server: `http` or `https`, a host, an optional port and path, no trailing slash.
    ///
    /// - Returns: The text of the `CanonicalURL`.
    public mutating func url(_ variable: String, default fallback: String) -> String {
        guard let text = unchecked(variable) else { return fallback }
        guard let url = Self.url(text) else {
            reject(variable, "must be a URL like \(fallback), without a trailing slash")
            return fallback
        }
        return url
    }

    /// The text of a URL that `url` accepts; nil for any other text.
    public static func url(_ text: String) -> String? {
        guard let url = CanonicalURL(text), !url.path.hasSuffix("/") else { return nil }
        return url.text
    }
}
