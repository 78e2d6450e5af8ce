public import CoreMetrics
import Synchronization

/// A backend of swift-metrics that writes the metrics in Prometheus' text format (version 0.0.4).
///
/// A counter or a gauge is one number. A timer or a recorder is a histogram. The registry keeps every series until the
/// process ends, so the values of a label must come from a bounded set: route templates, not paths.
public final class PrometheusRegistry: MetricsFactory {
    /// The registry that swift-metrics uses in this process.
    public static let shared: PrometheusRegistry = {
        let registry = PrometheusRegistry()
        registry.describe(PrometheusRegistry.descriptions)
        MetricsSystem.bootstrap(registry)
        return registry
    }()

    private struct Family {
        let type: String
        var series: [String: any Series] = [:]
        /// The labels of each series in the order in which they came first, by their sorted form.
        var labels: [String: String] = [:]
    }

    private let families = Mutex<[String: Family]>([:])
    private let helpTexts = Mutex<[String: String]>([:])

    /// Creates an empty registry.
    public init() {}

    /// All series in the text format, sorted by name and labels.
    public var text: String {
        // Requests need the lock, so it is not held while the text is made.
        let (families, helpTexts) = (families.withLock { $0 }, helpTexts.withLock { $0 })
        return families.sorted { $0.key < $1.key }.map { name, family in
            let lines = family.series.sorted { $0.key < $1.key }.map { $1.lines(name, $0) }
            let help = helpTexts[name].map { "# HELP \(name) \(Self.escaped($0, "\\\n"))\n" } ?? ""
            return help + "# TYPE \(name) \(family.type)\n" + lines.joined()
        }.joined()
    }

    /// Sets the help texts of metrics by their names.
    public func describe(_ texts: [String: String]) {
        helpTexts.withLock { $0.merge(texts) { $1 } }
    }

    /// Sets a counter whose value the system counts. Ignores a value below the last one: two readers may set their values in
    /// another order than they read them, and a counter must never decrease.
    func setCounter(_ name: String, to value: Double) {
        series(name, "counter", []) { Number() }.raise(to: value)
    }

    /// Creates or finds a counter. Its name ends in `_total`.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let name = Self.name(label)
        return series(name.hasSuffix("_total") ? name : name + "_total", "counter", dimensions) { Number() }
    }

    /// Creates or finds a gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(Self.name(label), "gauge", dimensions) { Number() }
    }

    /// Creates or finds a histogram, or a gauge if `aggregate` is false.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        aggregate
            ? series(Self.name(label), "histogram", dimensions) { Histogram(unitsPerSecond: 1) }
            : series(Self.name(label), "gauge", dimensions) { Number() }
    }

    /// Creates or finds a histogram of seconds. Its name ends in `_seconds`.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let name = Self.name(label)
        return series(name.hasSuffix("_seconds") ? name : name + "_seconds", "histogram", dimensions) {
            Histogram(unitsPerSecond: 1_000_000_000)
        }
    }

    /// Does nothing: a counter must never decrease.
    public func destroyCounter(_ handler: any CounterHandler) {}
    /// Does nothing: a gauge keeps its last value.
    public func destroyMeter(_ handler: any MeterHandler) {}
    /// Does nothing: the counts of a histogram must never decrease.
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    /// Does nothing: the counts of a histogram must never decrease.
    public func destroyTimer(_ handler: any TimerHandler) {}

    /// Creates or finds a series. One whose name has another type already is not in the text, because Prometheus would reject
    /// all of it.
    private func series<Kind: Series>(
        _ name: String, _ type: String, _ dimensions: [(String, String)], make: () -> Kind
    ) -> Kind {
        var names: Set<String> = []
        let labels = dimensions.map { (name: Self.name($0.0), value: Self.escaped($0.1, "\\\"\n")) }
            .filter { names.insert($0.name).inserted }.map { "\($0.name)=\"\($0.value)\"" }
        // Labels in another order mean the same series.
        let sorted = labels.sorted().joined(separator: ",")
        return families.withLock { families in
            var family = families[name] ?? Family(type: type)
            guard family.type == type else { return make() }
            let text = family.labels[sorted] ?? labels.joined(separator: ",")
            if let known = family.series[text] as? Kind { return known }
            let new = make()
            family.labels[sorted] = text
            family.series[text] = new
            families[name] = family
            return new
        }
    }

    /// The label with every byte that a name must not contain replaced by `_`, and with `_` before a digit at its start.
    private static func name(_ label: String) -> String {
        let name = label.utf8.map { $0.isASCIILetter || $0.isASCIIDigit ? $0 : UInt8(ascii: "_") }
        return String(decoding: name.first?.isASCIIDigit == true ? [UInt8(ascii: "_")] + name : name, as: UTF8.self)
    }

    /// The text with a backslash before each of these special characters, which are some of `\`, `"` and the line break.
    private static func escaped(_ value: String, _ special: String) -> String {
        // Almost no value needs it, and searching for a text takes much longer than looking at the bytes.
        guard value.utf8.contains(where: special.utf8.contains) else { return value }
        // Escape bytes: a quotation mark and an accent behind it are one `Character`.
        var escaped: [UInt8] = []
        for byte in value.utf8 {
            if special.utf8.contains(byte) { escaped.append(UInt8(ascii: "\\")) }
            escaped.append(byte == UInt8(ascii: "\n") ? UInt8(ascii: "n") : byte)
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}

/// The values with one name and one set of labels.
private protocol Series: AnyObject, Sendable {
    func lines(_ name: String, _ labels: String) -> String
}

private func line(_ name: String, _ labels: String, _ value: some CustomStringConvertible) -> String {
    labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
}

/// A counter or a gauge.
private final class Number: Series, CounterHandler, MeterHandler, RecorderHandler {
    private let value = Mutex(0.0)

    /// Increments a counter, which must never decrease.
    func increment(by amount: Int64) { value.withLock { $0 += Double(max(0, amount)) } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func raise(to number: Double) { value.withLock { $0 = max($0, number) } }
    func set(_ number: Int64) { value.withLock { $0 = Double(number) } }
    func set(_ number: Double) { value.withLock { $0 = number } }
    func record(_ number: Int64) { set(number) }
    func record(_ number: Double) { set(number) }
    func reset() { value.withLock { $0 = 0 } }

    func lines(_ name: String, _ labels: String) -> String {
        line(name, labels, value.withLock { $0 })
    }
}

/// Observations, counted in buckets from half a millisecond to ten seconds.
private final class Histogram: Series, RecorderHandler, TimerHandler {
    private static let bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    private struct State {
        var counts = [Int](repeating: 0, count: Histogram.bounds.count)
        var count = 0
        var sum = 0.0
    }

    private let unitsPerSecond: Double
    private let state = Mutex(State())

    init(unitsPerSecond: Double) {
        self.unitsPerSecond = unitsPerSecond
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        let seconds = value / unitsPerSecond
        state.withLock { state in
            state.count += 1
            state.sum += seconds
            if let bucket = Self.bounds.firstIndex(where: { seconds <= $0 }) { state.counts[bucket] += 1 }
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(duration) }

    func lines(_ name: String, _ labels: String) -> String {
        let state = state.withLock { $0 }
        let prefix = labels.isEmpty ? "" : labels + ","
        var cumulative = 0
        var text = ""
        for (bound, count) in zip(Self.bounds, state.counts) {
            cumulative += count
            text += line(name + "_bucket", "\(prefix)le=\"\(bound)\"", cumulative)
        }
        text += line(name + "_bucket", "\(prefix)le=\"+Inf\"", state.count)
        return text + line(name + "_sum", labels, state.sum) + line(name + "_count", labels, state.count)
    }
}
