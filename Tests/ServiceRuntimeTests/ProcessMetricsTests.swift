import Foundation
import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing

@testable import ServiceRuntime

@Suite struct ProcessMetricsTests {
    private static let names = [
        "process_cpu_seconds_total", "process_max_fds", "process_open_fds", "process_resident_memory_bytes",
        "process_start_time_seconds", "process_virtual_memory_bytes",
    ]

    @Test func `each reading of the metrics shows the process as it is then`() async throws {
        try await EchoService.run { client in
            let text = try await client.send(.get, "/metrics").text
            for name in Self.names {
                let type = name.hasSuffix("_total") ? "counter" : "gauge"
                #expect(text.contains("# TYPE \(name) \(type)\n\(name) "))
                #expect(text.contains("# HELP \(name) "))
            }
        }
    }

    @Test(arguments: ["swift", "a (b) c", ")", "x) S 1 2 3"])
    func `the statistics of a process are read whatever the name of its program is`(name: String) {
        // pid, name, state, 10 fields, user and kernel ticks, 6 fields, start, virtual bytes, resident pages, …
        let stat = "7 (\(name)) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 3 0 12345 4096000 100 18446744073709551615 1 1\n"
        let statistics = ProcessStatistics(stat: stat, machineStart: 1000, ticksPerSecond: 100, pageBytes: 4096)
        #expect(statistics?.cpuSeconds == 3)
        #expect(statistics?.startTime == 1123.45)
        #expect(statistics?.virtualMemoryBytes == 4_096_000)
        #expect(statistics?.residentMemoryBytes == 409_600)
    }

    @Test(arguments: [
        "", "7 swift S 1", "7 (swift) S 1 2 3", "7 (swift) S a b c d e f g h i j k l m n o p q r s t u v",
    ])
    func `text of another form has no statistics`(stat: String) {
        #expect(ProcessStatistics(stat: stat, machineStart: 0, ticksPerSecond: 100, pageBytes: 4096) == nil)
    }

    @Test func `the start of the machine is read from the line btime`() {
        #expect(ProcessStatistics.bootTime(in: "cpu 1 2\nbtime 1763761234\nprocesses 9\n") == 1_763_761_234)
        #expect(ProcessStatistics.bootTime(in: "cpu 1 2\n") == nil)
    }

    private static func value(_ name: String) throws -> Double {
        let registry = PrometheusRegistry()
        registry.recordProcess()
        let line = try #require(registry.text.split(separator: "\n").first { $0.hasPrefix("\(name) ") })
        return try #require(Double(line.dropFirst(name.utf8.count + 1)))
    }

    @Test func `the metrics follow the memory, the time and the open files of the process`() async {
        // In a process without other tests, which would open and close files meanwhile. Its runtime may open a few, and the
        // kernel may take back some of the memory of the program, so only most of a change has to be seen. The comments say
        // which check failed, since the report of another process has no lines.
        await #expect(processExitsWith: .success) {
            let files = try ProcessMetricsTests.value("process_open_fds")
            let pipes = (0..<50).map { _ in Pipe() }
            let filesThen = try ProcessMetricsTests.value("process_open_fds")
            #expect((90...110).contains(filesThen - files), "open files: \(files), then \(filesThen)")
            let maximum = try ProcessMetricsTests.value("process_max_fds")
            #expect(maximum > filesThen, "at most \(maximum) files, open: \(filesThen)")

            let memory = try ProcessMetricsTests.value("process_resident_memory_bytes")
            let bytes = [UInt8](repeating: 1, count: 128 << 20)
            let memoryThen = try ProcessMetricsTests.value("process_resident_memory_bytes")
            #expect(memoryThen >= memory + Double(64 << 20), "resident bytes: \(memory), then \(memoryThen)")
            let virtualMemory = try ProcessMetricsTests.value("process_virtual_memory_bytes")
            #expect(virtualMemory >= memoryThen, "virtual bytes: \(virtualMemory), resident: \(memoryThen)")

            let start = try ProcessMetricsTests.value("process_start_time_seconds")
            let seconds = try ProcessMetricsTests.value("process_cpu_seconds_total")
            // Ends when the kernel has counted the time of the loop.
            while try ProcessMetricsTests.value("process_cpu_seconds_total") == seconds {}
            let startThen = try ProcessMetricsTests.value("process_start_time_seconds")
            #expect(startThen == start, "start: \(start), then \(startThen)")
            withExtendedLifetime((pipes, bytes)) {}
        }
    }
}
