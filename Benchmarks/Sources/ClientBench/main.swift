import ClientFloor
import CurlClient
import Glibc
import HTTPTypes
import Measuring
import NIOCore
import NIOPosix

// The time of a GET with CurlClient, compared with libcurl alone in C. The server is another process, so only the CPU time of
// the client is counted.
//
//   ClientBench [--json]          measures everything
//   ClientBench --repeat call N   sends N requests, one after the other on the client's thread, to count their instructions

// This comes first, because a process with threads must not fork.
let port = floor_server_start()
precondition(port > 0, "no server")
let url = "http://127.0.0.1:\(port)/orders"
let bearer = "Bearer \(String(repeating: "x", count: 400))"
let request = HTTPClient.Request(url: url, headers: [.authorization: bearer], deadline: .seconds(5))
let client = HTTPClient()

/// Sends a request, and waits for the response.
@Sendable func getOne() async throws {
    let response = try await client.execute(request)
    precondition(response.status == .ok && !response.body.isEmpty, "not the expected response")
}

/// Sends requests at once, and waits for all responses.
@Sendable func get(_ count: Int) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<count { group.addTask { try await getOne() } }
        try await group.waitForAll()
    }
}

/// Runs tasks on an event loop of NIO, as the services do with those of a connection.
final class EventLoopExecutor: TaskExecutor {
    private let eventLoop = MultiThreadedEventLoopGroup.singleton.next()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// Measures libcurl alone, and CurlClient for tasks on its own thread, on an event loop and on other threads.
@Sendable func measure() async throws {
    let (floor, benchmark) = (Benchmark(library: "floor"), Benchmark(library: "CurlClient"))
    for count in [1, 32] {
        let name = count == 1 ? "get" : "\(count) gets"
        guard let raw = floor_client_new(url, "Authorization: \(bearer)", Int32(count)) else { fatalError("no memory") }
        let least = floor.measure(name, floor: nil) {
            precondition(floor_client_get(raw) == count, "not the expected response")
        }
        try await withTaskExecutorPreference(client.executor) {
            try await benchmark.measureAsync("\(name), own thread", floor: least) { try await get(count) }
        }
        try await withTaskExecutorPreference(EventLoopExecutor()) {
            try await benchmark.measureAsync("\(name), event loop", floor: least) { try await get(count) }
        }
        try await benchmark.measureAsync("\(name), others", floor: least) { try await get(count) }
    }
    for count in [1, 32] { try await Throughput(concurrency: count).measure() }
}

/// Does what the arguments say.
@Sendable func run() async throws {
    guard let index = CommandLine.arguments.firstIndex(of: "--repeat") else { return try await measure() }
    let count = Int(CommandLine.arguments[index + 2]) ?? 1
    try await withTaskExecutorPreference(client.executor) { for _ in 0..<count { try await getOne() } }
}

Task.detached {
    do {
        try await run()
        exit(EXIT_SUCCESS)
    } catch {
        fatalError("\(error)")
    }
}
// An asynchronous main function would end the main thread, at which valgrind crashes.
while true { pause() }
