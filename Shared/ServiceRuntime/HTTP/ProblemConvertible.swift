import HTTPTypes
public import Logging

/// An error with its own response to clients.
public protocol ProblemConvertible: Error {
    /// The response to a request that failed with this error.
    var problem: Problem { get }
}

extension ProblemConvertible {
    /// The response, after the log has the cause of a response with 5xx. A cancelled request has no cause to look for.
    public func problem(loggingCauseTo logger: Logger) -> Problem {
        let problem = problem
        if problem.status.kind == .serverError, !(self is CancellationError) { logger.error("\(self)") }
        return problem
    }
}

extension CancellationError: ProblemConvertible {
    /// The response to a request that was cancelled before it changed anything: the service stops, the client has gone, or the
    /// time that the client waits has passed.
    public var problem: Problem {
        .unavailable(
            code: "stopping",
            "The service is stopping, or the time of the request has passed. Nothing was changed. Try again.")
    }
}
