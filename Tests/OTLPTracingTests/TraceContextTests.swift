import Testing

@testable import OTLPTracing

@Suite struct TraceContextTests {
    private static let ids = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"

    @Test(arguments: [
        ("00", "00", false), ("01", "01", true), ("02", "02", false), ("03", "03", true), ("ff", "03", true),
        ("fe", "02", false), ("fc", "00", false),
    ])
    func `the last bit of the flags says whether the trace is recorded, and only the last two are passed on`(
        flags: String, passedOn: String, isSampled: Bool
    ) throws {
        let context = try #require(TraceContext(traceparent: "00-\(Self.ids)-\(flags)"))
        #expect(context.traceID == 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736)
        #expect(context.spanID == 0x00f0_67aa_0ba9_02b7)
        #expect(context.isSampled == isSampled)
        #expect(context.traceparent == "00-\(Self.ids)-\(passedOn)")
    }

    @Test(arguments: [
        "01-\(ids)-01", "01-\(ids)-01-extra", "cc-\(ids)-01-what-the-future-will-be-like", "fe-\(ids)-01-",
    ])
    func `the first four members of a later version count`(text: String) throws {
        let context = try #require(TraceContext(traceparent: text))
        #expect(context.traceparent == "00-\(Self.ids)-01")
    }

    @Test(arguments: [
        "", "00", "00-\(ids)", "00-\(ids)-", "00-\(ids)-1", "00-\(ids)-01-", "00-\(ids)-01-extra", "00-\(ids)-01.",
        "01-\(ids)-01.extra", "01-\(ids)-011", "ff-\(ids)-01", "ff-\(ids)-01-extra", "0-\(ids)-01", "000-\(ids)-01",
        "FE-\(ids)-01", " 00-\(ids)-01", "00-\(ids)-01 ", "00-\(ids)-0x", "00-\(ids)-+1", "00_\(ids)-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", "00-\(ids.dropLast())B-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01", "00-\(ids)-01,00-\(ids)-01",
        "00-４bf92f3577b34da6a3ce929d0e0e47-00f067aa0ba902b7-01", "00-\(ids)-0１",
    ])
    func `any other traceparent is invalid`(text: String) {
        #expect(TraceContext(traceparent: text) == nil)
    }

    @Test(arguments: [
        ("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
        (" rojo=1 ,\tcongo=2\t", "rojo=1,congo=2"), ("a=1,,b=2,", "a=1,b=2"),
        ("fw529a3039@dt=x y", "fw529a3039@dt=x y"),
        ("0a-_*/=~", "0a-_*/=~"), ("", ""), (",", ""),
        // The test suite of W3C expects one of equal keys to stay.
        ("a=1,a=1", "a=1"), ("a=1,b=2,a=3, b=4,c=5", "a=1,b=2,c=5"),
    ])
    func `a valid tracestate is passed on without optional white space`(text: String, expected: String) {
        #expect(TraceState.passedOn(text) == expected)
    }

    @Test(arguments: [
        "a", "a=", "=1", "A=1", "a=1=2", "a =1", "@a=1", "é=1", "a=é", "a=\u{7F}", "a=b\tc", "_a=1",
        "\(String(repeating: "a", count: 257))=1", "a=\(String(repeating: "1", count: 257))",
        (1...33).map { "k\($0)=1" }.joined(separator: ","),
    ])
    func `an invalid tracestate is dropped as a whole`(text: String) throws {
        #expect(TraceState.passedOn(text) == "")
        #expect(TraceState.passedOn("b=1,\(text)") == "")
        #expect(try #require(TraceContext(traceparent: "00-\(Self.ids)-01", tracestate: text)).state == "")
    }

    @Test func `a tracestate beyond 512 bytes loses its long members and then its last ones`() {
        let long = "long=\(String(repeating: "x", count: 200))"
        // Each has 24 bytes, so 20 of them and their commas have 499.
        let short = (10..<31).map { "k\($0)=\(String(repeating: "v", count: 20))" }
        #expect(TraceState.passedOn("\(long),a=1") == "\(long),a=1")
        let withoutLong = short[..<15].joined(separator: ",")
        #expect(TraceState.passedOn("\(long),\(withoutLong)") == withoutLong)
        #expect(TraceState.passedOn(short.joined(separator: ",")) == short[..<20].joined(separator: ","))
    }
}
