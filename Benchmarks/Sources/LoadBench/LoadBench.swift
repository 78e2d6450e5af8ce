import Foundation

/// Drives the running services with the requests of a shop at growing rates, and prints throughput, percentiles, memory
/// and errors. The last step sends twice what the services can carry.
///
///     LoadBench [--json] [--seconds N] [--rate N]
@main enum LoadBench {
    private static let shopperCount = 20
    private static let firstRate = 500

    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let services = Services()
        do {
            let loop = OpenLoop(shop: try await .open(services: services, shopperCount: shopperCount))
            let report = Report(printsJSON: arguments.contains("--json"))
            let seconds = option("--seconds", arguments) ?? 10
            if let rate = option("--rate", arguments) {
                let step = await loop.run(rate: rate, seconds: seconds, services: services)
                report.add(step)
                report.addOperations(of: step)
            } else {
                await findLimit(loop, services, seconds, report)
            }
        } catch let error as LoadError {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            exit(1)
        }
        try await services.shutdown()
    }

    /// Raises the rate by a quarter until the services no longer keep up, then sends twice the best rate.
    private static func findLimit(_ loop: OpenLoop, _ services: Services, _ seconds: Int, _ report: Report) async {
        var rate = firstRate
        var best = 0
        while true {
            let step = await loop.run(rate: rate, seconds: seconds, services: services)
            report.add(step)
            best = max(best, step.goodput)
            guard step.isCarried else { break }
            rate = rate * 5 / 4
        }
        let step = await loop.run(rate: 2 * best, seconds: seconds, services: services)
        report.add(step)
        report.addOperations(of: step)
    }

    private static func option(_ name: String, _ arguments: [String]) -> Int? {
        guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else { return nil }
        return Int(arguments[index + 1])
    }
}
