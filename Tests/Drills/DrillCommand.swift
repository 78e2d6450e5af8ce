import ArgumentParser

/// The command `drill NAME…|all`, which `scripts/drill` runs.
@main
struct DrillCommand: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        let drills = Drill.all.map { "  \($0.name)\n      \($0.claim)" }.joined(separator: "\n")
        return CommandConfiguration(
            commandName: "scripts/drill", abstract: "Cause a failure on purpose and check what must stay true.",
            discussion: """
                Each drill starts the services on separate ports with separate data, sends requests, causes the failure, \
                and ends with a line PASS or FAIL and its figures. The exit status is 1 if a drill has failed.

                \(drills)
                """)
    }

    @Argument(help: "The drills to run, or all.") var names: [String]
    @Flag(help: "Run a few seconds of each drill, as the tests do.") var short = false

    func validate() throws {
        let known = Drill.all.map(\.name)
        if let name = names.first(where: { $0 != "all" && !known.contains($0) }) {
            throw ValidationError(
                "There is no drill '\(name)'. Choose from \(known.joined(separator: ", ")), or all.")
        }
    }

    func run() async throws {
        var hasFailed = false
        for drill in Drill.all where names.contains("all") || names.contains(drill.name) {
            hasFailed = await !drill.perform(short ? .short : .long).violations.isEmpty || hasFailed
        }
        if hasFailed { throw ExitCode.failure }
    }
}
