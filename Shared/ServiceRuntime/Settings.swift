public import Configuration

/// The environment of a service, read once at the edge.
///
/// A value that does not fit is noted as a fault and replaced by its default, so that all faults are
/// reported together, before anything listens. An empty variable counts as one that is not set.
public struct Settings: Sendable {
    /// One thing that is wrong with the configuration.
    public struct Fault: Sendable, Equatable {
        /// The name of the environment variable.
        public let variable: String
        /// What is wrong with it and what to do, as a sentence that holds no secret.
        public let problem: String
    }

    /// All that is wrong with the configuration of a service.
    public struct Faults: Error, Sendable, Equatable, CustomStringConvertible {
        /// The faults, in the order in which the variables were read. Never empty.
        public let faults: [Fault]

        /// One line for each fault, beginning with the name of the variable.
        public var description: String {
            faults.map { "\($0.variable): \($0.problem)" }.joined(separator: "\n")
        }
    }

    private let reader: ConfigReader
    private var faults: [Fault] = []

    /// Reads a configuration with `body` and throws all the faults that it met.
    ///
    /// - Throws: `Faults`, or what `body` throws when it met no fault.
    public static func read<Value>(
        _ reader: ConfigReader, _ body: (inout Settings) throws -> Value
    ) throws -> Value {
        var settings = Settings(reader: reader)
        let result = Result { try body(&settings) }
        guard settings.faults.isEmpty else { throw Faults(faults: settings.faults) }
        return try result.get()
    }

    private init(reader: ConfigReader) {
        self.reader = reader
    }

    /// Notes a fault of a variable.
    public mutating func fault(_ variable: String, _ problem: String) {
        faults.append(Fault(variable: variable, problem: problem))
    }

    /// Thrown where a fault leaves nothing to go on with; `read` throws the faults in its place.
    public struct Unusable: Error {}

    /// Notes a fault that no default can stand in for.
    public mutating func unusable(_ variable: String, _ problem: String) -> Unusable {
        fault(variable, problem)
        return Unusable()
    }

    /// The text of a variable, or nil when it is not set or empty.
    public func string(_ variable: String, isSecret: Bool = false) -> String? {
        let key = ConfigKey(variable.lowercased().split(separator: "_").map(String.init))
        guard let text = reader.string(forKey: key, isSecret: isSecret), !text.isEmpty else { return nil }
        return text
    }

    /// A whole number within `range`.
    public mutating func integer(_ variable: String, default fallback: Int, in range: ClosedRange<Int>) -> Int {
        guard let text = string(variable) else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            fault(variable, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return fallback
        }
        return number
    }

    /// A switch: `on` or `off`.
    public mutating func toggle(_ variable: String, default fallback: Bool) -> Bool {
        choice(variable, default: fallback, from: ["on": true, "off": false])
    }

    /// One of several words.
    public mutating func choice<Value>(_ variable: String, default fallback: Value, from values: [String: Value])
        -> Value
    {
        guard let text = string(variable) else { return fallback }
        guard let value = values[text] else {
            fault(variable, "must be one of: \(values.keys.sorted().joined(separator: ", "))")
            return fallback
        }
        return value
    }

    /// A list whose items are separated by spaces or commas.
    public func list(_ variable: String, default fallback: [String] = []) -> [String] {
        guard let text = string(variable) else { return fallback }
        return text.split { $0 == " " || $0 == "," }.map(String.init)
    }

    /// The address of an HTTP server: `http` or `https`, a host, perhaps a port and a path; no trailing slash.
    public mutating func url(_ variable: String, default fallback: String) -> String {
        guard let text = string(variable) else { return fallback }
        guard text.hasPrefix("http://") || text.hasPrefix("https://"), !text.hasSuffix("/"),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !text.contains(where: { "?#@\"<>".contains($0) })
        else {
            fault(variable, "must be a URL like \(fallback), without a trailing slash")
            return fallback
        }
        return text
    }
}
