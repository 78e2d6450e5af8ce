import Foundation
import TestSupport

/// A copy of the project with its build. Scripts may change its files, and `swift build` compiles only what they have
/// changed.
///
/// SwiftPM knows the files of a build by their absolute paths. So the copy has the path of the project: it is an overlay
/// file system in a mount namespace, which sends all changes to a temporary folder. Where the system allows no such
/// mount, the copy is a folder, and its first build compiles everything.
struct BuildableCopy {
    private let folder: TemporaryFolder
    private let isOverlay: Bool

    init() async throws {
        folder = try TemporaryFolder()
        for name in ["changes", "work", "copy"] {
            try FileManager.default.createDirectory(at: folder.file(name), withIntermediateDirectories: false)
        }
        isOverlay = (try? await TestSupport.run(Self.overlay(in: folder, ["/bin/true"]), in: folder.url)) != nil
        if !isOverlay { try await copyProject() }
        // scripts/remove-service removes only what is committed: commit the files as they are now, apart from the project.
        let commit = """
            rm --recursive --force .git
            git init --quiet
            git add --all
            git -c user.name=Test -c user.email=test@localhost commit --quiet --message Copy
            """
        try await run("/bin/sh", "-ec", commit)
    }

    /// The command that mounts the overlay and then runs another command in it.
    private static func overlay(in folder: TemporaryFolder, _ command: [String]) -> [String] {
        let script = """
            mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/changes,workdir=$2/work" "$1"
            cd "$1"
            shift 2
            exec "$@"
            """
        let user = geteuid() == 0 ? [] : ["--map-root-user"]
        return ["/usr/bin/unshare"] + user
            + ["--mount", "/bin/sh", "-ec", script, "sh", Cluster.project.path, folder.path] + command
    }

    /// Copies the project with the sources of its dependencies, but without what has been built from them.
    private func copyProject() async throws {
        let script = """
            tar --create --directory "$1" --exclude-from - . <<'END' | tar --extract --directory "$2/copy"
            ./.git
            ./.venv*
            ./data
            ./run
            ./secrets
            ./.build/*-linux-gnu
            ./.build/*.db*
            ./.build/*.yaml
            ./.build/plugins
            ./*/.build
            END
            """
        try await TestSupport.run(
            ["/bin/bash", "-ec", script, "bash", Cluster.project.path, folder.path], in: folder.url)
    }

    /// Runs a command in the copy and returns its output.
    ///
    /// - Throws: `ClusterError` with the output if the command fails.
    @discardableResult
    func run(_ command: String...) async throws -> String {
        let names = ["PATH", "HOME", "SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH"]
        var environment = ProcessInfo.processInfo.environment.filter { names.contains($0.key) }
        // SwiftPM locks the path of a build with a file in this folder, and the tests of the project hold that lock.
        environment["TMPDIR"] = folder.path
        environment[Self.variable] = "on"
        let inCopy = isOverlay ? Self.overlay(in: folder, command) : command
        return try await TestSupport.run(
            inCopy, in: isOverlay ? folder.url : folder.file("copy"), environment: environment)
    }

    /// Builds everything.
    func build() async throws {
        try await run("swift", "build", "--build-tests")
    }

    /// Runs the tests that a regular expression selects, and returns their output.
    func test(_ filter: String) async throws -> String {
        try await run("swift", "test", "--skip-build", "--filter", filter)
    }

    private static let variable = "HALLPASS_IN_COPY"

    /// Whether the tests run in a copy.
    static var isHere: Bool { ProcessInfo.processInfo.environment[variable] != nil }
}
