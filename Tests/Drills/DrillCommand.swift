import ArgumentParser

/// `drill NAME…|all`: what `scripts/drill` runs.
@main
struct DrillCommand: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        let drills = Drill.all.map { "  \($0.name)\n      \($0.claim)" }.joined(separator: "\n")
        return CommandConfiguration(
            commandName: "scripts/drill", abstract: "Cause a failure on purpose, and see what stays true.",
            discussion: """
                Each drill starts the services on ports of their own with data of their own, makes requests, causes the \
                failure, and ends with a line PASS or FAIL and its figures. The exit status is 1 when one has failed.

                \(drills)
                """)
    }

    @Argument(help: "The drills to run, or all.") var names: [String]
    @Flag(help: "A few seconds for each drill, as the tests run them.") var short = false

    func validate() throws {
        let known = Drill.all.map(\.name)
        if let name = names.first(where: { $0 != "all" && !known.contains($0) }) {
            throw ValidationError("There is no drill '\(name)': \(known.joined(separator: ", ")), all.")
        }
    }

    func run() async throws {
        var failed = false
        for drill in Drill.all where names.contains("all") || names.contains(drill.name) {
            failed = await !drill.perform(short ? .short : .long).faults.isEmpty || failed
        }
        if failed { throw ExitCode.failure }
    }
}
