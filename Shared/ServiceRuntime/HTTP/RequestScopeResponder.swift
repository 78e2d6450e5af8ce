import Database
public import Hummingbird
import NIOCore
import NIOPosix

/// Gives every request its scope and a task, and cancels the handling of a request whose caller has stopped waiting.
///
/// The task ends with its request, because a task keeps the memory of its deepest call until it ends. The task of a connection
/// would keep about 20 KB of a request's memory while the connection is idle.
///
/// The task that handles a request with `X-Request-Timeout` is cancelled at its deadline. Then its reads and writes of the
/// database, its calls to other services and its waits end. Only the response of the handler, if it still has one, is sent.
public struct RequestScopeResponder<Context: ServiceRequestContext>: HTTPResponder {
    let router: RouterResponder<Context>

    /// Responds to a request.
    public func respond(to request: Request, context: Context) async throws -> Response {
        let scope = RequestScope(of: request)
        return try await RequestScope.$current.withValue(scope) {
            guard let deadline = scope.deadline else {
                async let response = router.respond(to: request, context: context)
                return try await response
            }
            return try await SQLDatabase.$deadline.withValue(deadline) {
                try await respond(to: request, context: context, until: deadline)
            }
        }
    }

    private func respond(
        to request: Request, context: Context, until deadline: ContinuousClock.Instant
    ) async throws -> Response {
        try await withThrowingTaskGroup(of: Response?.self) { group in
            group.addTask { try await router.respond(to: request, context: context) }
            group.addTask {
                await Self.wait(until: deadline)
                return nil
            }
            defer { group.cancelAll() }
            if let response = try await group.next() ?? nil { return response }
            group.cancelAll()
            guard let response = try await group.next() ?? nil else { throw CancellationError() }
            return response
        }
    }

    /// Waits until a time, or until the task is cancelled. A timer of an event loop costs less than `Task.sleep`, whose timer
    /// stays after a cancellation.
    private static func wait(until deadline: ContinuousClock.Instant) async {
        let time = TimeAmount.nanoseconds(Int64((deadline - .now) / .nanoseconds(1)))
        let timer = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: time) {}
        await withTaskCancellationHandler {
            try? await timer.futureResult.get()
        } onCancel: {
            timer.cancel()
        }
    }
}
