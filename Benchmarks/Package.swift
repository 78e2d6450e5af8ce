// swift-tools-version: 6.3

import PackageDescription

// Benchmarks. They are a separate package, so the libraries for comparison never enter the main package.

let package = Package(
    name: "benchmarks",
    dependencies: [
        .package(name: "hallpass", path: ".."),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        .target(name: "Floor", linkerSettings: [.linkedLibrary("crypto"), .linkedLibrary("m")]),
        .target(name: "ClientFloor", linkerSettings: [.linkedLibrary("curl")]),
        .target(name: "Measuring", dependencies: ["Floor"], swiftSettings: [.swiftLanguageMode(.v6)]),
        .executableTarget(
            name: "ClientBench",
            dependencies: [
                "ClientFloor", "Measuring", .product(name: "CurlClient", package: "hallpass"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6)]),
        .executableTarget(
            name: "PeerClient",
            dependencies: [
                .product(name: "CurlClient", package: "hallpass"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            // As the services are: with the static standard library.
            swiftSettings: [.swiftLanguageMode(.v6), .unsafeFlags(["-static-stdlib"], .when(configuration: .release))],
            linkerSettings: [.unsafeFlags(["-static-stdlib"], .when(configuration: .release))]),
        .executableTarget(
            name: "HTTPPeer",
            dependencies: [
                .product(name: "GRDB", package: "GRDB.swift"), .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "JWTKit", package: "jwt-kit"), .product(name: "Logging", package: "swift-log"),
            ],
            // As the services are: with the static standard library.
            swiftSettings: [.swiftLanguageMode(.v6), .unsafeFlags(["-static-stdlib"], .when(configuration: .release))],
            linkerSettings: [.unsafeFlags(["-static-stdlib"], .when(configuration: .release))]),
        .executableTarget(
            name: "JWTBench",
            dependencies: ["Floor", "Measuring", .product(name: "JWT", package: "hallpass")],
            swiftSettings: [.swiftLanguageMode(.v6)]),
        .executableTarget(
            name: "LoadBench",
            dependencies: [
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6)]),
        .executableTarget(
            name: "JWTKitBench",
            dependencies: [
                "Floor", "Measuring", .product(name: "JWT", package: "hallpass"),
                .product(name: "JWTKit", package: "jwt-kit"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6)]),
    ]
)
