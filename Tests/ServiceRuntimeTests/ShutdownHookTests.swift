import Logging
import ServiceLifecycle
import ServiceRuntime
import Testing

@Suite struct ShutdownHookTests {
    @Test func `the actions of hooks run at the shutdown, the last hook first`() async throws {
        let (actions, continuation) = AsyncStream.makeStream(of: String.self)
        let group = ServiceGroup(
            configuration: .init(
                services: ["database", "client"].map { name in
                    .init(service: ShutdownHook { continuation.yield(name) })
                }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        let running = Task { try await group.run() }
        await group.triggerGracefulShutdown()
        try await running.value
        continuation.finish()
        #expect(await actions.reduce(into: []) { $0.append($1) } == ["client", "database"])
    }

    @Test func `the action of a hook also runs if its task is cancelled`() async throws {
        let (actions, continuation) = AsyncStream.makeStream(of: String.self)
        let running = Task { try await ShutdownHook { continuation.yield("ran") }.run() }
        running.cancel()
        try await running.value
        continuation.finish()
        #expect(await actions.reduce(into: []) { $0.append($1) } == ["ran"])
    }

    @Test func `the error of an action is the error of its hook`() async throws {
        struct ActionError: Error {}
        let running = Task { try await ShutdownHook { throw ActionError() }.run() }
        running.cancel()
        await #expect(throws: ActionError.self) { try await running.value }
    }
}
