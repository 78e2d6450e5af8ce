import Foundation

/// What the kernel counts for this process: `/proc/self/stat` (proc(5)).
struct ProcessStatistics: Equatable {
    /// The time that all threads have used, in user mode and in the kernel.
    let cpuSeconds: Double
    /// When the process started, in seconds since 1970.
    let startTime: Double
    let virtualMemoryBytes: Double
    let residentMemoryBytes: Double

    private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
    private static let pageBytes = Double(sysconf(Int32(_SC_PAGESIZE)))

    /// When the machine started, in seconds since 1970; nil on a system without `/proc`. Later steps of the clock must not move
    /// the start of the process, so this is read once.
    private static let machineStart: Double? = text(of: "/proc/stat").flatMap(bootTime(in:))

    /// Reads the statistics of this process; nil on a system without `/proc`.
    static func read() -> ProcessStatistics? {
        guard let stat = text(of: "/proc/self/stat"), let start = machineStart else { return nil }
        return ProcessStatistics(
            stat: stat, machineStart: start, ticksPerSecond: ticksPerSecond, pageBytes: pageBytes)
    }

    /// Reads the text of `/proc/self/stat`; nil if it has another form.
    init?(stat: String, machineStart: Double, ticksPerSecond: Double, pageBytes: Double) {
        // The second field, the name of the program in parentheses, may contain spaces and parentheses.
        guard let nameEnd = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[nameEnd...].split(separator: " ").dropFirst()
        // proc(5) counts fields from 1.
        func field(_ number: Int) -> Double? { fields.dropFirst(number - 3).first.flatMap { Double($0) } }
        guard let userTicks = field(14), let kernelTicks = field(15), let startTicks = field(22),
            let virtualBytes = field(23), let residentPages = field(24)
        else { return nil }
        cpuSeconds = (userTicks + kernelTicks) / ticksPerSecond
        startTime = machineStart + startTicks / ticksPerSecond
        virtualMemoryBytes = virtualBytes
        residentMemoryBytes = residentPages * pageBytes
    }

    /// The line `btime` in the text of `/proc/stat`.
    static func bootTime(in stat: String) -> Double? {
        stat.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst(6)) }
    }

    private static func text(of file: String) -> String? {
        try? String(contentsOfFile: file, encoding: .utf8)
    }
}
