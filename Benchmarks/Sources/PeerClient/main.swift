import CurlClient
import Glibc
import HTTPTypes

// Sends GET requests with CurlClient for a time, and prints the requests in a second and the CPU time of each. It warms up
// for a second. The tasks run on the client's thread, or with `--other-threads` on Swift's own.
//
//   PeerClient URL CONCURRENCY SECONDS [--other-threads]
//
// The output is `CurlClient<TAB>concurrency<TAB>requests per second<TAB>CPU microseconds per request`. The environment
// variable BENCH_TOKEN is the bearer token to send.

let arguments = CommandLine.arguments
guard arguments.count >= 4, let concurrency = Int(arguments[2]), let seconds = Double(arguments[3]) else {
    fatalError("usage: PeerClient URL CONCURRENCY SECONDS [--other-threads]")
}
let token = unsafe getenv("BENCH_TOKEN").map { unsafe String(cString: $0) } ?? "none"
let request = HTTPClient.Request(
    url: arguments[1], headers: [.authorization: "Bearer \(token)"], deadline: .seconds(5))
let client = HTTPClient()

/// Sends requests until a time has passed. Returns their number.
@Sendable func send(for duration: Duration) async throws -> Int {
    let end = ContinuousClock.now + duration
    return try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<concurrency {
            group.addTask {
                var count = 0
                while ContinuousClock.now < end {
                    let response = try await client.execute(request)
                    precondition(response.status == .ok && !response.body.isEmpty, "not the expected response")
                    count += 1
                }
                return count
            }
        }
        return try await group.reduce(0, +)
    }
}

/// The CPU time of the process.
@Sendable func cpuMicroseconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
}

@Sendable func measure() async throws {
    _ = try await send(for: .seconds(1))
    let (start, cpuStart) = (ContinuousClock.now, cpuMicroseconds())
    let count = try await send(for: .seconds(seconds))
    let cpu = (cpuMicroseconds() - cpuStart) / Double(count)
    let rate = Double(count) / ((ContinuousClock.now - start) / .seconds(1))
    print("CurlClient\t\(concurrency)\t\(Int(rate))\t\((cpu * 100).rounded() / 100)")
}

if arguments.contains("--other-threads") {
    try await measure()
} else {
    try await withTaskExecutorPreference(client.executor) { try await measure() }
}
