// swift-tools-version: 6.2

import PackageDescription

// Measurements, apart from the main package so that what they compare with never enters it.

let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "hallpass", path: "..")
    ],
    targets: [
        .target(name: "Floor", linkerSettings: [.linkedLibrary("crypto")]),
        .executableTarget(
            name: "JWTBench",
            dependencies: ["Floor", .product(name: "JWT", package: "hallpass")],
            swiftSettings: [.swiftLanguageMode(.v6)]),
    ]
)
