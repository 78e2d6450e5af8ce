import AsyncHTTPClient
import ClientFloor
import CurlClient
import Glibc
import NIOPosix

/// The requests a second of clients that send one after the other in a number of tasks, and the CPU time of each request.
/// Every round runs all clients, and the ratios to libcurl alone are taken within a round.
struct Throughput {
    /// A client's result, or the ratios of it to libcurl's.
    private struct Result {
        var requestsPerSecond: Double
        var cpuMicroseconds: Double

        func ratio(to other: Self) -> Self {
            Self(
                requestsPerSecond: requestsPerSecond / other.requestsPerSecond,
                cpuMicroseconds: cpuMicroseconds / other.cpuMicroseconds)
        }
    }

    private static let rounds = 5
    private static let seconds = 1.0
    private static let names = ["libcurl", "CurlClient, own thread", "CurlClient, others", "AsyncHTTPClient"]

    /// The number of requests at once.
    let concurrency: Int

    /// Measures all clients and prints the medians.
    func measure() async throws {
        var rounds: [[Result]] = []
        for _ in 0..<Self.rounds {
            rounds.append([
                try await result { Int(floor_client_loop(url, "Authorization: \(bearer)", Int32(concurrency), $0)) },
                try await result { seconds in
                    try await withTaskExecutorPreference(client.executor) { try await send(for: seconds, getOne) }
                },
                try await result { try await send(for: $0, getOne) },
                try await asyncHTTPClient(),
            ])
        }
        if !CommandLine.arguments.contains("--json"), concurrency == 1 {
            print("\nat once  client                    requests/s  CPU time  requests to libcurl  CPU time to libcurl")
        }
        for (index, name) in Self.names.enumerated() {
            report(name, median(rounds.map { $0[index] }), median(rounds.map { $0[index].ratio(to: $0[0]) }))
        }
    }

    private func asyncHTTPClient() async throws -> Result {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var configuration = AsyncHTTPClient.HTTPClient.Configuration()
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(8, concurrency)
        let other = AsyncHTTPClient.HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
        let result = try await result { seconds in
            try await send(for: seconds) {
                var request = HTTPClientRequest(url: url)
                request.headers.add(name: "Authorization", value: bearer)
                let response = try await other.execute(request, timeout: .seconds(5))
                let body = try await response.body.collect(upTo: 1 << 20)
                precondition(response.status == .ok && body.readableBytes > 0, "not the expected response")
            }
        }
        try await other.shutdown()
        try await group.shutdownGracefully()
        return result
    }

    /// Sends requests in tasks until a time in seconds has passed. Returns their number.
    private func send(for seconds: Double, _ one: @escaping @Sendable () async throws -> Void) async throws -> Int {
        let end = ContinuousClock.now + .seconds(seconds)
        return try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<concurrency {
                group.addTask {
                    var count = 0
                    while ContinuousClock.now < end {
                        try await one()
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
    }

    private func result(_ run: (Double) async throws -> Int) async throws -> Result {
        let (start, cpuStart) = (ContinuousClock.now, cpuMicroseconds())
        let count = Double(try await run(Self.seconds))
        precondition(count > 0, "not the expected response")
        return Result(
            requestsPerSecond: count / ((ContinuousClock.now - start) / .seconds(1)),
            cpuMicroseconds: (cpuMicroseconds() - cpuStart) / count)
    }

    private func cpuMicroseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
    }

    private func median(_ results: [Result]) -> Result {
        func middle(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
        return Result(
            requestsPerSecond: middle(results.map(\.requestsPerSecond)),
            cpuMicroseconds: middle(results.map(\.cpuMicroseconds)))
    }

    private func report(_ name: String, _ result: Result, _ ratio: Result) {
        let rate = Int(result.requestsPerSecond)
        let cpu = tenths(result.cpuMicroseconds)
        let (rateRatio, cpuRatio) = (hundredths(ratio.requestsPerSecond), hundredths(ratio.cpuMicroseconds))
        if CommandLine.arguments.contains("--json") {
            print(
                #"{"benchmark":"loop, \#(concurrency) at once","library":"\#(name)","requests_per_s":\#(rate),"#
                    + #""cpu_us":\#(cpu),"requests_to_libcurl":\#(rateRatio),"cpu_to_libcurl":\#(cpuRatio)}"#)
        } else {
            print(
                pad("\(concurrency)", 9) + pad(name, 26) + pad("\(rate)", 12) + pad("\(cpu) µs", 10)
                    + pad("\(rateRatio)", 21) + "\(cpuRatio)")
        }
    }

    private func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }
    private func hundredths(_ value: Double) -> Double { (value * 100).rounded() / 100 }
    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
