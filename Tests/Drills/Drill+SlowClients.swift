import Foundation
import TestSupport

extension Drill {
    /// Opens many connections whose clients are slow on purpose.
    static let slowClients = Drill(
        "slow-clients",
        """
        While 1,400 slow clients keep connections to a service open, it takes less than 200 MB of memory, and the requests \
        of others succeed as fast as before.
        """
    ) { scale, report in
        try await withCluster { cluster in
            let time = scale.choose(Duration.seconds(2), .seconds(30))
            let usual = try await cluster.underLoad { try await Task.sleep(for: time) }
            report.figure("without them \(usual.count) requests, \(usual.durations.spread)")
            for service in scale.choose([.login], ServiceName.standard) {
                let clients = try await SlowClients(of: service, in: cluster)
                report.progress("\(service.rawValue) has \(clients.count) slow clients")
                let running = Task { await clients.run() }
                let tally = try await cluster.underLoad { try await Task.sleep(for: time) }
                let megabytes = try cluster.largestMemory(of: service)
                running.cancel()
                await running.value
                let ratio = tally.durations.quantile(0.99) / usual.durations.quantile(0.99)
                report.figure(
                    "\(service.rawValue) with \(clients.count) of them: \(megabytes) MB, \(tally.count) requests, "
                        + "\(tally.durations.spread), p99 \(String(format: "%.1f", ratio)) times as long")
                report.require(megabytes < 200, "\(service.rawValue) takes less than 200 MB (it takes \(megabytes))")
                report.require(tally.unexpected.isEmpty, "all requests succeed (\(tally.unexpected.prefix(5)))")
                report.require(tally.count > 0, "other clients get responses")
                report.require(ratio < scale.choose(.infinity, 5), "other clients are not delayed")
            }
        }
    }
}

extension Cluster {
    /// The largest amount of memory that a service has taken since its start, in megabytes (proc(5): `VmHWM`).
    fileprivate func largestMemory(of service: ServiceName) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process(service))/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard let kibibytes = line.flatMap({ Int($0.filter(\.isNumber)) }) else {
            throw DrillError("\(service.rawValue) is not running")
        }
        return kibibytes * 1024 / 1_000_000
    }
}
