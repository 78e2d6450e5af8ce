import CoreMetrics
import Testing

@testable import ServiceRuntime

@Suite struct PrometheusRegistryTests {
    private let registry = PrometheusRegistry()

    @Test func `an empty registry has no text`() {
        #expect(registry.text == "")
    }

    @Test func `the name of a counter ends in total, once`() {
        registry.makeCounter(label: "requests", dimensions: []).increment(by: 2)
        registry.makeCounter(label: "door_refusals_total", dimensions: []).increment(by: 1)
        #expect(
            registry.text == """
                # TYPE door_refusals_total counter
                door_refusals_total 1.0
                # TYPE requests_total counter
                requests_total 2.0

                """)
    }

    @Test func `a metric with a description has a help text`() {
        registry.describe(["calls": "Calls to make.", "unused": "Nothing."])
        registry.describe(["calls": "Calls still to make."])
        registry.makeMeter(label: "calls", dimensions: []).set(3.0)
        #expect(
            registry.text == """
                # HELP calls Calls still to make.
                # TYPE calls gauge
                calls 3.0

                """)
    }

    @Test func `a counter with the same name and labels is the same counter`() {
        registry.makeCounter(label: "a", dimensions: [("x", "1")]).increment(by: 2)
        registry.makeCounter(label: "a", dimensions: [("x", "1")]).increment(by: 1)
        registry.makeCounter(label: "a", dimensions: [("x", "2")]).increment(by: 5)
        registry.makeCounter(label: "a", dimensions: []).increment(by: 7)
        #expect(
            registry.text == """
                # TYPE a_total counter
                a_total 7.0
                a_total{x="1"} 3.0
                a_total{x="2"} 5.0

                """)
    }

    @Test(arguments: [
        (#"say "hi""#, #"say \"hi\""#), ("two\nlines", #"two\nlines"#), (#"back\slash"#, #"back\\slash"#),
        (#"\n"#, #"\\n"#), ("\"\u{301}", "\\\"\u{301}"), ("/products/{id}", "/products/{id}"), ("é 👋", "é 👋"), ("", ""),
    ])
    func `the value of a label is escaped`(value: String, escaped: String) {
        registry.makeMeter(label: "age", dimensions: [("x", value)]).set(1.5)
        #expect(registry.text == "# TYPE age gauge\nage{x=\"\(escaped)\"} 1.5\n")
    }

    @Test(arguments: [
        ("hb.requests", "hb_requests"), ("http.route", "http_route"), ("a-b c", "a_b_c"), ("A9_z", "A9_z"),
        ("x\"}\n", "x___"), ("é", "__"),
    ])
    func `every other character in the name of a metric or label becomes an underscore`(label: String, name: String) {
        registry.makeMeter(label: label, dimensions: [(label, "1")]).set(Int64(2))
        #expect(registry.text == "# TYPE \(name) gauge\n\(name){\(name)=\"1\"} 2.0\n")
    }

    @Test func `labels in another order belong to the same series, and a name occurs once`() {
        for dimensions in [
            [("b", "1"), ("a", "2")], [("a", "2"), ("b", "1")], [("b", "1"), ("a", "2"), ("b", "3"), ("a", "4")],
        ] {
            registry.makeCounter(label: "calls", dimensions: dimensions).increment(by: 1)
        }
        #expect(registry.text == "# TYPE calls_total counter\ncalls_total{b=\"1\",a=\"2\"} 3.0\n")
    }

    @Test func `a name does not begin with a digit`() {
        registry.makeMeter(label: "2xx", dimensions: [("1st", "1")]).set(Int64(2))
        #expect(registry.text == "# TYPE _2xx gauge\n_2xx{_1st=\"1\"} 2.0\n")
    }

    @Test func `a help text stays on its line`() {
        registry.describe(["age": "In \\s,\nsay \"hi\"."])
        registry.makeMeter(label: "age", dimensions: []).set(Int64(2))
        #expect(registry.text == "# HELP age In \\\\s,\\nsay \"hi\".\n# TYPE age gauge\nage 2.0\n")
    }

    @Test func `a metric of another type with a known name is not in the text`() {
        registry.makeMeter(label: "age", dimensions: []).set(Int64(1))
        registry.makeRecorder(label: "age", dimensions: [], aggregate: true).record(Int64(5))
        registry.makeRecorder(label: "age", dimensions: [("x", "1")], aggregate: true).record(Int64(5))
        registry.makeMeter(label: "calls_total", dimensions: []).set(Int64(2))
        registry.makeCounter(label: "calls", dimensions: []).increment(by: 7)
        registry.makeMeter(label: "age", dimensions: []).increment(by: 1)
        #expect(registry.text == "# TYPE age gauge\nage 2.0\n# TYPE calls_total gauge\ncalls_total 2.0\n")
    }

    @Test func `a counter ignores negative amounts`() {
        let counter = registry.makeCounter(label: "calls", dimensions: [])
        counter.increment(by: 5)
        counter.increment(by: -3)
        #expect(registry.text.hasSuffix("calls_total 5.0\n"))
    }

    @Test func `a gauge shows its last value`() {
        let gauge = registry.makeMeter(label: "age", dimensions: [])
        gauge.set(Int64(5))
        gauge.increment(by: 2.5)
        gauge.decrement(by: 1.5)
        #expect(registry.text.hasSuffix("age 6.0\n"))
        gauge.set(-0.5)
        #expect(registry.text.hasSuffix("age -0.5\n"))
    }

    @Test func `a recorder that does not aggregate is a gauge`() {
        let recorder = registry.makeRecorder(label: "size", dimensions: [], aggregate: false)
        recorder.record(Int64(3))
        recorder.record(2.5)
        #expect(registry.text == "# TYPE size gauge\nsize 2.5\n")
    }

    @Test func `a counter can be reset`() {
        let counter = registry.makeCounter(label: "a", dimensions: [])
        counter.increment(by: 3)
        counter.reset()
        #expect(registry.text.hasSuffix("a_total 0.0\n"))
    }

    @Test func `a counter that the system counts shows the highest value`() {
        for value in [1.5, 3.25, 3.0] { registry.setCounter("process_cpu_seconds_total", to: value) }
        #expect(registry.text == "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total 3.25\n")
    }

    @Test func `a histogram counts a value in each bucket whose bound is not less`() {
        let recorder = registry.makeRecorder(label: "took", dimensions: [("x", "1")], aggregate: true)
        for value in [0.0005, 0.00051, 0.5, 10, 10.1, 100] { recorder.record(value) }
        recorder.record(Int64(2))
        let counts = [
            ("0.0005", 1), ("0.001", 2), ("0.0025", 2), ("0.005", 2), ("0.01", 2), ("0.025", 2), ("0.05", 2),
            ("0.1", 2), ("0.25", 2), ("0.5", 3), ("1.0", 3), ("2.5", 4), ("5.0", 4), ("10.0", 5), ("+Inf", 7),
        ]
        let buckets = counts.map { "took_bucket{x=\"1\",le=\"\($0)\"} \($1)\n" }.joined()
        let sum = 0.0005 + 0.00051 + 0.5 + 10 + 10.1 + 100 + 2
        #expect(
            registry.text
                == "# TYPE took histogram\n\(buckets)took_sum{x=\"1\"} \(sum)\ntook_count{x=\"1\"} 7\n")
    }

    @Test func `a timer is a histogram of seconds`() {
        registry.makeTimer(label: "took", dimensions: []).recordNanoseconds(3_000_000)
        registry.makeTimer(label: "took_seconds", dimensions: []).recordNanoseconds(2_000_000_000)
        let text = registry.text
        #expect(text.hasPrefix("# TYPE took_seconds histogram\ntook_seconds_bucket{le=\"0.0005\"} 0\n"))
        #expect(text.contains("took_seconds_bucket{le=\"0.0025\"} 0\n"))
        #expect(text.contains("took_seconds_bucket{le=\"0.005\"} 1\n"))
        #expect(text.contains("took_seconds_bucket{le=\"+Inf\"} 2\n"))
        #expect(text.hasSuffix("took_seconds_sum 2.003\ntook_seconds_count 2\n"))
    }

    @Test func `a series keeps its value after its handler is destroyed`() {
        let counter = registry.makeCounter(label: "a", dimensions: [])
        counter.increment(by: 1)
        registry.destroyCounter(counter)
        registry.makeCounter(label: "a", dimensions: []).increment(by: 1)
        let meter = registry.makeMeter(label: "b", dimensions: [])
        meter.set(1.0)
        registry.destroyMeter(meter)
        let timer = registry.makeTimer(label: "c", dimensions: [])
        registry.destroyTimer(timer)
        let recorder = registry.makeRecorder(label: "d", dimensions: [], aggregate: true)
        registry.destroyRecorder(recorder)
        let text = registry.text
        #expect(text.contains("a_total 2.0\n"))
        #expect(text.contains("b 1.0\n"))
        #expect(text.contains("c_seconds_count 0\n"))
        #expect(text.contains("d_count 0\n"))
    }

    @Test func `concurrent increments are all counted`() async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { [registry] in
                    for _ in 0..<1000 { registry.makeCounter(label: "a", dimensions: []).increment(by: 1) }
                }
            }
        }
        #expect(registry.text == "# TYPE a_total counter\na_total 8000.0\n")
    }
}
