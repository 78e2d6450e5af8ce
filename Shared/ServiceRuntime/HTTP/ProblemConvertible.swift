/// An error with its own response to clients.
public protocol ProblemConvertible: Error {
    /// The response to a request that failed with this error.
    var problem: Problem { get }
}
