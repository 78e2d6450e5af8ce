// swift-tools-version: 6.3

import PackageDescription

// The tests of CurlClient, built with a sanitizer. It is a separate package because a sanitizer instruments all code that it
// is built with. Its sources are symbolic links to those of the main package. In them, `import Synchronization` means
// VisibleSynchronization, whose mutex ThreadSanitizer understands. Run it with `scripts/sanitize`.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"), .strictMemorySafety(),
    .unsafeFlags(["-module-alias", "Synchronization=VisibleSynchronization"]),
]

let package = Package(
    name: "sanitizers",
    dependencies: [.package(url: "https://github.com/apple/swift-http-types", from: "1.8.0")],
    targets: [
        .target(name: "VisibleSynchronization", swiftSettings: [.swiftLanguageMode(.v6)]),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
        .target(
            name: "CurlClient",
            dependencies: [
                "CCurl", "VisibleSynchronization", .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            exclude: ["CurlClient.docc"], swiftSettings: strict),
        .target(name: "MovingHost"),
        .target(
            name: "TestSupport", dependencies: ["VisibleSynchronization"],
            sources: [
                "ChildProcess.swift", "ClusterError.swift", "Process+Launch.swift", "Run.swift",
                "TemporaryFolder.swift",
            ], swiftSettings: strict),
        .testTarget(
            name: "CurlClientTests",
            dependencies: [
                "CurlClient", "MovingHost", "TestSupport", "VisibleSynchronization",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ], swiftSettings: strict),
    ]
)
