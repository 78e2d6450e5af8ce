// swift-tools-version: 6.3

import PackageDescription

// Fuzzing of JWT with libFuzzer. A package of its own, because everything in it is compiled with instrumentation; its
// sources are those of the main package, by symbolic links. Run it with `scripts/fuzz`.

let instrumented: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"), .unsafeFlags(["-sanitize=fuzzer", "-O"]),
]

let package = Package(
    name: "fuzz",
    targets: [
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto"),
        .target(name: "Libcrypto", dependencies: ["COpenSSL"], swiftSettings: instrumented),
        .target(name: "CTextKernels"),
        .target(name: "JWT", dependencies: ["Libcrypto", "CTextKernels"], swiftSettings: instrumented),
        .executableTarget(
            name: "JWTFuzz", dependencies: ["JWT", "Libcrypto"],
            swiftSettings: instrumented + [.unsafeFlags(["-parse-as-library"])],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer"])]),
    ]
)
