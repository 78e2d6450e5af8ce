import Foundation
import TestSupport
import Testing

@Suite struct DevelopmentContainerTests {
    private struct Container: Decodable {
        struct Build: Decodable {
            var dockerfile: String
            var target: String
        }

        var build: Build
        var forwardPorts: [Int]
    }

    @Test func `the development container is the first stage of the images and forwards the port of each service`()
        throws
    {
        let folder = Cluster.project.appending(path: ".devcontainer")
        let file = try Data(contentsOf: folder.appending(path: "devcontainer.json"))
        let container = try JSONDecoder().decode(Container.self, from: file)
        let images = try String(contentsOf: folder.appending(path: container.build.dockerfile), encoding: .utf8)
        let stages = images.matches(of: /(?m)^FROM \S+ AS (\S+)$/).map { String($0.1) }
        #expect(stages.first == container.build.target)
        #expect(container.forwardPorts == ServiceName.allCases.compactMap(\.standardPort))
    }
}
