// swift-tools-version: 6.3

import PackageDescription

// docs/architecture.md says what each target is for. The functions at the bottom give all targets the same strict
// settings. The package builds on Linux only: CurlClient uses epoll, and JWT uses types that Apple ships from macOS 26.

let package = Package(
    name: "hallpass",
    products: [
        .executable(name: "login", targets: ["LoginService"]),
        .executable(name: "catalog", targets: ["CatalogService"]),
        .executable(name: "orders", targets: ["OrdersService"]),
        .executable(name: "inbox", targets: ["InboxService"]),
        .executable(name: "compare", targets: ["CompareService"]),
        .executable(name: "jwt", targets: ["JWTCommand"]),
        .executable(name: "drill", targets: ["Drills"]),
        .executable(name: "revocation-cost", targets: ["RevocationCost"]),
        .library(name: "JWT", targets: ["JWT"]),
        .library(name: "CurlClient", targets: ["CurlClient"]),
        .library(name: "SteppedClock", type: .dynamic, targets: ["SteppedClock"]),
        .library(name: "SlowDisk", type: .dynamic, targets: ["SlowDisk"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.6.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
    ],
    targets: [
        service(
            "Login", uses: ["JWT", "Libcrypto", "CurlClient", .metrics, .mustache, .nioPosix, .tracing],
            resources: [.copy("Shop/ShopFiles")]),
        service("Catalog"),
        service("Orders", uses: ["CurlClient", .metrics, .mustache, .tracing]),
        service("Inbox"),
        service("Compare", uses: ["CurlClient"]),

        shared("JWT", uses: ["Libcrypto", "CTextKernels"]),
        shared(
            "JWTAuth",
            uses: [
                "JWT", "Libcrypto", "CurlClient", "ServiceRuntime", "Database", .hummingbird, .httpTypes, .lifecycle,
                .logging, .metrics, .tracing,
            ]),
        shared("CurlClient", uses: ["CCurl", .httpTypes]),
        shared("OTLPTracing", uses: ["CurlClient", .httpTypes, .lifecycle, .logging, .metrics, .tracing]),
        shared(
            "ServiceRuntime",
            uses: [
                "Database", "Libcrypto", "OTLPTracing", .hummingbird, .hummingbirdCore, .configuration, .logging,
                .metrics, .coreMetrics, .tracing,
                .lifecycle, .signals, .argumentParser, .nioCore, .nioPosix, .nioHTTP1, .mustache,
            ], resources: [.copy("Resources")]),
        shared("Database", uses: ["CLibpq", .grdb, .grdbSQLite, .tracing]),
        shared("Libcrypto", uses: ["COpenSSL"]),
        .systemLibrary(
            name: "COpenSSL", path: "Shared/System/COpenSSL", pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CLibpq", path: "Shared/System/CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(name: "CTextKernels", path: "Shared/System/CTextKernels"),
        .target(
            name: "CCurl", path: "Shared/System/CCurl", linkerSettings: [.linkedLibrary("curl")]),

        .executableTarget(
            name: "JWTCommand",
            dependencies: [
                "JWT", "Libcrypto", "CurlClient", .httpTypes, .argumentParser, .system, .nioCore, .nioPosix,
            ],
            path: "Tools/JWTCommand", swiftSettings: .strictProgram, linkerSettings: .program),

        .target(
            name: "TestSupport",
            dependencies: [
                "JWT", "JWTAuth", "ServiceRuntime", "Database", "CurlClient", .configuration, .httpTypes, .logging,
                .nioCore, .hummingbird, .hummingbirdTesting,
            ], path: "Tests/Support",
            swiftSettings: .strict),
        .target(name: "SteppedClock", path: "Tests/SteppedClock"),
        .target(name: "SlowDisk", path: "Tests/SlowDisk"),
        .target(name: "MovingHost", path: "Tests/MovingHost"),
        .target(name: "ScarceThreads", path: "Tests/ScarceThreads"),
        .executableTarget(
            name: "Drills", dependencies: ["TestSupport", .grdb, .httpTypes, .argumentParser, .nioCore, .nioPosix],
            path: "Tests/Drills", swiftSettings: .strict),
        .executableTarget(
            name: "RevocationCost", dependencies: ["JWT", "JWTAuth"], path: "Tests/Comparison/RevocationCost",
            swiftSettings: .strict),
        .executableTarget(
            name: "CountedWork", dependencies: ["JWT", "Libcrypto", "ServiceRuntime"], path: "Tests/CountedWork",
            swiftSettings: .strict, linkerSettings: [.linkedLibrary("m")]),
        .executableTarget(
            name: "CountedRequest",
            dependencies: [
                "JWT", "JWTAuth", "ServiceRuntime", .configuration, .httpTypes, .hummingbird, .logging, .nioEmbedded,
            ],
            path: "Tests/CountedRequest", swiftSettings: .strict),
        tests("Libcrypto", uses: ["TestSupport", "CountedWork"]),
        tests("JWT", uses: ["Libcrypto", "TestSupport", "CountedWork"]),
        tests("JWTCommand", uses: ["JWT", "Libcrypto", "TestSupport", .hummingbird, .hummingbirdTesting, .httpTypes]),
        tests("CurlClient", uses: ["TestSupport", "MovingHost", .httpTypes]),
        tests(
            "OTLPTracing",
            uses: [
                "TestSupport", .hummingbird, .hummingbirdTesting, .httpTypes, .lifecycle, .logging, .metrics,
                .metricsTesting, .nioCore, .tracing,
            ]),
        tests("Database", uses: ["TestSupport", "ScarceThreads", .grdbSQLite]),
        tests(
            "ServiceRuntime",
            uses: [
                "Database", "TestSupport", "CountedWork", .hummingbird, .hummingbirdCore, .hummingbirdTesting,
                .httpTypes,
                .argumentParser,
                .configuration, .lifecycle, .logging, .coreMetrics, .mustache, .nioCore, .nioEmbedded, .nioHTTP1,
                .nioPosix, .tracing, "OTLPTracing",
            ]),
        tests(
            "JWTAuth",
            uses: [
                "JWT", "OTLPTracing", "ServiceRuntime", "TestSupport", .hummingbird, .hummingbirdTesting, .httpTypes,
                .configuration, .tracing,
            ]),
        serviceTests("Login", uses: ["CurlClient", "Libcrypto", .nioPosix]),
        serviceTests("Catalog"),
        serviceTests("Orders", uses: ["CurlClient", "OTLPTracing", .logging, .lifecycle, .tracing]),
        serviceTests("Inbox"),
        serviceTests("Compare", uses: [.logging, .nioEmbedded]),
        .testTarget(
            name: "BrowserTests", dependencies: ["TestSupport"], path: "Tests/BrowserTests", swiftSettings: .strict),
        .testTarget(
            name: "SystemTests",
            dependencies: ["TestSupport", "Drills", "JWT", "JWTAuth", "ServiceRuntime", .httpTypes],
            path: "Tests/SystemTests", swiftSettings: .strict),
    ]
)

// MARK: - Helpers

extension [SwiftSetting] {
    /// The settings of every target of this package.
    static var strict: Self {
        [
            .swiftLanguageMode(.v6),
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .treatAllWarnings(as: .error),
            .strictMemorySafety(),
        ]
    }
}

// A release build of a program contains Swift's standard library: the program runs where no Swift is installed, and a call
// within one file is faster than a call into a shared library. Both the compiler and the linker have to know.

extension [SwiftSetting] {
    /// The settings of a program.
    static var strictProgram: Self { strict + [.unsafeFlags(["-static-stdlib"], .when(configuration: .release))] }
}

extension [LinkerSetting] {
    /// The settings of a program.
    static var program: Self { [.unsafeFlags(["-static-stdlib"], .when(configuration: .release))] }
}

extension Target.Dependency {
    static var hummingbird: Self { .product(name: "Hummingbird", package: "hummingbird") }
    static var hummingbirdTesting: Self { .product(name: "HummingbirdTesting", package: "hummingbird") }
    static var hummingbirdCore: Self { .product(name: "HummingbirdCore", package: "hummingbird") }
    static var httpTypes: Self { .product(name: "HTTPTypes", package: "swift-http-types") }
    static var logging: Self { .product(name: "Logging", package: "swift-log") }
    static var metrics: Self { .product(name: "Metrics", package: "swift-metrics") }
    static var lifecycle: Self { .product(name: "ServiceLifecycle", package: "swift-service-lifecycle") }
    static var signals: Self { .product(name: "UnixSignals", package: "swift-service-lifecycle") }
    static var metricsTesting: Self { .product(name: "MetricsTestKit", package: "swift-metrics") }
    static var coreMetrics: Self { .product(name: "CoreMetrics", package: "swift-metrics") }
    static var tracing: Self { .product(name: "Tracing", package: "swift-distributed-tracing") }
    static var mustache: Self { .product(name: "Mustache", package: "swift-mustache") }
    static var nioEmbedded: Self { .product(name: "NIOEmbedded", package: "swift-nio") }
    static var nioCore: Self { .product(name: "NIOCore", package: "swift-nio") }
    static var nioHTTP1: Self { .product(name: "NIOHTTP1", package: "swift-nio") }
    static var nioPosix: Self { .product(name: "NIOPosix", package: "swift-nio") }
    static var configuration: Self { .product(name: "Configuration", package: "swift-configuration") }
    static var argumentParser: Self { .product(name: "ArgumentParser", package: "swift-argument-parser") }
    static var system: Self { .product(name: "SystemPackage", package: "swift-system") }
    static var grdbSQLite: Self { .product(name: "GRDBSQLite", package: "GRDB.swift") }
    static var grdb: Self { .product(name: "GRDB", package: "GRDB.swift") }
}

/// A target in `Shared/<name>`, with the files that it reads at run time.
func shared(_ name: String, uses dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Shared/\(name)", resources: resources, swiftSettings: .strict)
}

/// A service in `Services/<name>`. All services have the same dependencies, and a folder `Resources` with the files that
/// they read at run time. `resources` are further files.
func service(_ name: String, uses dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .executableTarget(
        name: "\(name)Service",
        dependencies: [
            "JWTAuth", "ServiceRuntime", "Database", .hummingbird, .configuration, .logging, .lifecycle,
            .argumentParser,
        ] + dependencies,
        path: "Services/\(name)", resources: [.copy("Resources")] + resources, swiftSettings: .strictProgram,
        linkerSettings: .program)
}

/// The tests of one target, in `Tests/<name>Tests`.
func tests(_ name: String, uses dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies, path: "Tests/\(name)Tests",
        swiftSettings: .strict)
}

/// The tests of one service, in `Tests/<name>Tests`.
func serviceTests(_ name: String, uses dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [
            .byName(name: "\(name)Service"), "Database", "JWT", "JWTAuth", "ServiceRuntime", "TestSupport",
            .hummingbird, .hummingbirdTesting, .configuration, .httpTypes, .nioCore,
        ] + dependencies,
        path: "Tests/\(name)Tests", swiftSettings: .strict)
}
