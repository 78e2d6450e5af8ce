import Foundation
import TestSupport

/// A network that a virtual cable joins with this machine. It ends with the process of the tests.
final class SeparateNetwork: Sendable {
    /// Whether this process can make networks: as root, with the package iproute2.
    static let isPossible = (try? SeparateNetwork()) != nil

    /// Runs in the new network as long as the script has a standard input. A line cuts the cable.
    private static let script = """
        set -eu
        outside="nsenter --net=/proc/$1/ns/net"
        ip link add cable type veth peer name "$2" netns "$1"
        ip address add "$3/30" dev cable
        $outside ip address add "$4/30" dev "$2"
        ip link set lo up
        ip link set cable up
        $outside ip link set "$2" up
        echo joined
        read -r _ || exit 0
        ip link set cable down
        echo cut
        cat
        """

    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    /// The number of a network that no other test has.
    private let number = Int.random(in: 0..<(1 << 20))

    /// Makes the network.
    ///
    /// - Throws: `CocoaError` if this process may not do so.
    init() throws {
        process.executableURL = URL(filePath: "/usr/bin/unshare")
        process.arguments = [
            "--net", "/bin/sh", "-c", Self.script, "sh", "\(ProcessInfo.processInfo.processIdentifier)",
            "hallpass\(number)", address, address(2),
        ]
        process.environment = ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin"]
        (process.standardInput, process.standardOutput) = (input, output)
        process.standardError = FileHandle.nullDevice
        try process.launchAlone()
        try expect("joined\n")
    }

    /// The address of a program in the network.
    var address: String { address(1) }

    /// One of the two addresses of the network, which has four numbers of 10.192.0.0/10.
    private func address(_ host: Int) -> String {
        let bits = number * 4 + host
        return "10.\(192 + (bits >> 16)).\(bits >> 8 & 255).\(bits & 255)"
    }

    /// A command that runs another one in the network.
    var wrapper: [String] { ["/usr/bin/nsenter", "--net=/proc/\(process.processIdentifier)/ns/net"] }

    /// Cuts the cable. Packets are lost in both directions from now on.
    func cut() throws {
        try input.fileHandleForWriting.write(contentsOf: Data("cut\n".utf8))
        try expect("cut\n")
    }

    private func expect(_ line: String) throws {
        guard output.fileHandleForReading.availableData == Data(line.utf8) else {
            throw CocoaError(.fileWriteUnknown)
        }
    }
}
