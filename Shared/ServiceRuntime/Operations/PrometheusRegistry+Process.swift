import CoreMetrics

extension PrometheusRegistry {
    /// Records the metrics of the process, with the names that Prometheus' client libraries and swift-system-metrics use. Records
    /// nothing on a system without `/proc`.
    func recordProcess() {
        guard let statistics = ProcessStatistics.read() else { return }
        setCounter("process_cpu_seconds_total", to: statistics.cpuSeconds)
        let gauges = [
            ("process_start_time_seconds", statistics.startTime),
            ("process_virtual_memory_bytes", statistics.virtualMemoryBytes),
            ("process_resident_memory_bytes", statistics.residentMemoryBytes),
            ("process_open_fds", Double(FileDescriptors.openCount)),
            ("process_max_fds", Double(FileDescriptors.limit)),
        ]
        for (name, value) in gauges { makeMeter(label: name, dimensions: []).set(value) }
    }
}
