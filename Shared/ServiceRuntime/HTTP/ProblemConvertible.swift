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
    /// The response to a request that was cancelled, because the service stops, the client has gone, or its time has passed.
    public var problem: Problem {
        guard RequestScope.current?.isOverdue != true else {
            return .unavailable(
                code: "request_timeout_passed",
                "The time in X-Request-Timeout passed before the service had a response. Read the data before you repeat the request."
            )
        }
        return .unavailable(code: "stopping", "The service is stopping. Nothing was changed. Try again.")
    }
}
