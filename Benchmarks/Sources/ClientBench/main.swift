// Keep-alive GETs with CurlClient. Usage: ClientBench URL CONCURRENCY SECONDS; BENCH_TOKEN holds a bearer token to send.
// After a second of warming up it prints: name <tab> concurrency <tab> requests per second <tab> CPU microseconds each.

import CurlClient
import Glibc
import HTTPTypes

func cpuMicroseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
}

/// Asks over and over in so many tasks, and returns how many answers came.
func drive(_ client: HTTPClient, _ request: HTTPClient.Request, concurrency: Int, for time: Duration) async throws
    -> Int
{
    let end = ContinuousClock.now + time
    return try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<concurrency {
            group.addTask {
                var count = 0
                while ContinuousClock.now < end {
                    let response = try await client.execute(request)
                    precondition(response.status == .ok && !response.body.isEmpty, "not the answer")
                    count += 1
                }
                return count
            }
        }
        return try await group.reduce(0, +)
    }
}

guard CommandLine.arguments.count == 4, let concurrency = Int(CommandLine.arguments[2]),
    let seconds = Double(CommandLine.arguments[3])
else { fatalError("usage: ClientBench URL CONCURRENCY SECONDS") }

let token = getenv("BENCH_TOKEN").map { String(cString: $0) } ?? "none"
let request = HTTPClient.Request(
    url: CommandLine.arguments[1], headers: [.authorization: "Bearer \(token)"], deadline: .seconds(5))
let client = HTTPClient()

_ = try await drive(client, request, concurrency: concurrency, for: .seconds(1))
let cpuBefore = cpuMicroseconds()
let start = ContinuousClock.now
let count = try await drive(client, request, concurrency: concurrency, for: .seconds(seconds))
let elapsed = (ContinuousClock.now - start) / .seconds(1)
let cpu = cpuMicroseconds() - cpuBefore
print("curlclient\t\(concurrency)\t\(Int(Double(count) / elapsed))\t\(cpu / Double(count))")
await client.shutdown()
