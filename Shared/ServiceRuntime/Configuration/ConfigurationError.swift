/// The error of a service that cannot start: all environment variables that it cannot use.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// An environment variable that the service cannot use.
    public struct InvalidVariable: Sendable, Equatable {
        /// The name of the variable.
        public let name: String
        /// The reason why the value is invalid, and how to fix it. The text never contains a secret.
        public let reason: String
    }

    /// The variables, in the order in which the service read them. Never empty.
    public let invalidVariables: [InvalidVariable]

    /// One line for each variable: its name, a colon, the reason.
    public var description: String {
        invalidVariables.map { "\($0.name): \($0.reason)" }.joined(separator: "\n")
    }
}
