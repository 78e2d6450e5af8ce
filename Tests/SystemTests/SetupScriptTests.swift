import Foundation
import TestSupport
import Testing

/// Runs `scripts/setup` with stubs of all programs that it calls. The stub of `apt-get` runs the hooks around an
/// installation as `apt-get` does, in the folder of the test instead of `/usr/sbin`.
@Suite struct SetupScriptTests {
    private let folder: ScriptFolder

    init() throws {
        folder = try ScriptFolder("setup")
        try folder.stub("scripts/swagger-ui")
        try folder.stub("bin/swift", "echo 'Swift version 6.3'")
        try folder.stub("bin/sudo", #"exec env "$@""#)
        try folder.stub("bin/dpkg-query", "exit 1")
        try folder.stub(
            "bin/apt-get",
            #"""
            hook() {
              for argument; do
                case $argument in
                  "DPkg::$name-Invoke::="*) sh -c "$(echo "${argument#*=}" | sed "s#/usr/sbin#$PWD#g")" || exit ;;
                esac
              done
            }
            [ "$1" = install ] || exit 0
            name=Pre; hook "$@"
            ./policy-rc.d nginx start
            echo "invoke-rc.d learns $?, and apt-get installs:" "$@" >installed
            name=Post; hook "$@"
            """#)
    }

    private var policy: String? { try? String(contentsOf: folder.file("policy-rc.d"), encoding: .utf8) }

    @Test func `the setup script does not let Debian start the servers that it installs`() async throws {
        try await folder.run("nginx")
        let installed = try String(contentsOf: folder.file("installed"), encoding: .utf8)
        #expect(installed.hasPrefix("invoke-rc.d learns 101, "))
        #expect(installed.hasSuffix(" nginx\n"))
        #expect(policy == nil)
    }

    @Test func `the setup script leaves the policy of the machine for servers as it is`() async throws {
        try folder.stub("policy-rc.d", "exit 104")
        let before = try #require(policy)
        try await folder.run("nginx")
        let installed = try String(contentsOf: folder.file("installed"), encoding: .utf8)
        #expect(installed.hasPrefix("invoke-rc.d learns 104, "))
        #expect(policy == before)
    }
}
