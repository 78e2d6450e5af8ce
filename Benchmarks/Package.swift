// swift-tools-version: 6.2

import PackageDescription

// Measurements, apart from the main package so that what they compare with never enters it.

let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "hallpass", path: ".."),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    ],
    targets: [
        .target(name: "Floor", linkerSettings: [.linkedLibrary("crypto")]),
        .executableTarget(
            name: "ClientBench",
            dependencies: [
                .product(name: "CurlClient", package: "hallpass"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6)]),
        .executableTarget(
            name: "JWTBench",
            dependencies: ["Floor", .product(name: "JWT", package: "hallpass")],
            swiftSettings: [.swiftLanguageMode(.v6)]),
    ]
)
