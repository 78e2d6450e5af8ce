import ClientFloor
import CurlClient
import HTTPTypes
import Measuring

// The time of a GET with CurlClient, compared with libcurl alone in C. The server is another process, so only the CPU time of
// the client is counted.
//
//   ClientBench [--json]

// This comes first, because a process with threads must not fork.
let port = floor_server_start()
precondition(port > 0, "no server")
let url = "http://127.0.0.1:\(port)/orders"
let bearer = "Bearer \(String(repeating: "x", count: 400))"
let request = HTTPClient.Request(url: url, headers: [.authorization: bearer], deadline: .seconds(5))
let client = HTTPClient()

/// Sends requests at once, and waits for all responses.
@Sendable func get(_ count: Int) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<count {
            group.addTask {
                let response = try await client.execute(request)
                precondition(response.status == .ok && !response.body.isEmpty, "not the expected response")
            }
        }
        try await group.waitForAll()
    }
}

/// Measures libcurl alone, and CurlClient for tasks on its own thread and on other threads.
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
        try await benchmark.measureAsync("\(name), others", floor: least) { try await get(count) }
    }
}

try await measure()
await client.shutdown()
