import Floor

/// The result of one operation.
public struct Measurement: Sendable {
    /// The name of the operation.
    public let benchmark: String
    /// The library that ran it.
    public let library: String
    /// The CPU time of one operation, in nanoseconds: the least of several rounds.
    public let nanoseconds: Double
    /// The number of memory blocks that one operation allocates.
    public let allocations: Int
    /// The time as a multiple of the floor.
    public let ratio: Double

    var json: String {
        #"{"benchmark":"\#(benchmark)","library":"\#(library)","ns_per_op":\#(Int(nanoseconds)),"#
            + #""allocations":\#(allocations),"ratio_to_floor":\#(rounded(ratio))}"#
    }

    var row: String {
        pad(benchmark, 26) + pad(library, 12) + pad("\(Int(nanoseconds)) ns", 12) + pad("\(allocations)", 13)
            + rounded(ratio)
    }
}

/// Measures operations and prints each result as a row of a table, or with `--json` as an object.
public struct Benchmark {
    private let library: String
    private let printsJSON = CommandLine.arguments.contains("--json")

    /// Creates a benchmark. The one of the library `floor` comes first and prints the heading of the table.
    public init(library: String) {
        self.library = library
        if !printsJSON, library == "floor" {
            print(pad("benchmark", 26) + pad("library", 12) + pad("CPU time", 12) + pad("allocations", 13) + "to floor")
        }
    }

    /// Measures `body` and prints the result.
    ///
    /// - Parameter floor: The least time that the operation can take, in nanoseconds.
    /// - Returns: The time of `body`, in nanoseconds.
    @discardableResult
    public func measure(_ name: String, floor: Double?, _ body: () throws -> Void) rethrows -> Double {
        let (time, allocations) = try best { count in for _ in 0..<count { try body() } }
        report(name, time, allocations, floor)
        return time
    }

    /// Measures an asynchronous operation, like `measure`.
    public func measureAsync(_ name: String, floor: Double?, _ body: () async throws -> Void) async rethrows {
        var best = (time: Double.infinity, allocations: 0)
        var count = 100
        for _ in 0..<Self.rounds {
            let (start, before) = (floor_cpu_time(), floor_allocations())
            for _ in 0..<count { try await body() }
            let time = (floor_cpu_time() - start) / Double(count)
            best = (min(best.time, time), (floor_allocations() - before) / count)
            count = max(count, Int(Self.roundNanoseconds / time))
        }
        report(name, best.time, best.allocations, floor)
    }

    private static let rounds = 10
    private static let roundNanoseconds = 5e7

    private func best(_ run: (Int) throws -> Void) rethrows -> (time: Double, allocations: Int) {
        var best = (time: Double.infinity, allocations: 0)
        var count = 1000
        for _ in 0..<Self.rounds {
            let (start, before) = (floor_cpu_time(), floor_allocations())
            try run(count)
            let time = (floor_cpu_time() - start) / Double(count)
            best = (min(best.time, time), (floor_allocations() - before) / count)
            count = max(count, Int(Self.roundNanoseconds / time))
        }
        return best
    }

    private func report(_ name: String, _ time: Double, _ allocations: Int, _ floor: Double?) {
        let result = Measurement(
            benchmark: name, library: library, nanoseconds: time, allocations: allocations,
            ratio: time / (floor ?? time))
        print(printsJSON ? result.json : result.row)
    }
}

/// Keeps the compiler from removing a value.
@inline(never) public func keep<Value>(_ value: Value) { withExtendedLifetime(value) {} }

private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
}

private func rounded(_ ratio: Double) -> String {
    let hundredths = Int((ratio * 100).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
}
