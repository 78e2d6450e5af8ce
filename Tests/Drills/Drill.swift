/// A failure that is caused on purpose, to a cluster of its own and under load.
struct Drill: Sendable {
    let name: String
    /// What must be true, in a sentence.
    let claim: String
    /// Causes the failure and notes in the report what was.
    let run: @Sendable (Form, Report) async throws -> Void

    init(_ name: String, _ claim: String, run: @escaping @Sendable (Form, Report) async throws -> Void) {
        self.name = name
        self.claim = claim
        self.run = run
    }

    /// All drills, in the order in which they run.
    static let all: [Drill] = [
        .logout, .rotate, .loginDown, .loginRestart, .feedCut, .clockSkew, .catalogSlow, .catalogDown, .killOrders,
        .diskFull, .sigterm,
    ]

    /// Runs the drill and prints what was, last of all a line that begins with `PASS`, `FAIL` or `SKIP`.
    func perform(_ form: Form) async -> Report {
        let report = Report()
        report.say("drill \(name): \(claim)")
        do {
            try await run(form, report)
        } catch let skipped as Skipped {
            report.say("SKIP \(name): \(skipped.reason)")
            return report
        } catch {
            report.require(false, "the drill came to its end: \(error)")
        }
        report.say(report.verdict(of: name))
        return report
    }
}

/// How much of a drill is run: a few seconds for every test run, or enough for figures that mean something.
enum Form: Sendable {
    case short, long

    /// One of two values, by the form.
    func choose<Value>(_ short: Value, _ long: Value) -> Value {
        self == .short ? short : long
    }

    /// How long something may take that takes at most `bound` on a machine that does nothing else. The short form runs
    /// beside other tests, where a disk alone may hold everything up for a second.
    func patience(_ bound: Duration) -> Duration {
        choose(bound * 5, bound)
    }
}

/// This machine lacks what the drill needs.
struct Skipped: Error {
    let reason: String
}
