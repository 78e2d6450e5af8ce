// swift-tools-version: 6.3

import PackageDescription

// Fuzzing of JWT with libFuzzer. It is a separate package because all of its code is compiled with instrumentation. Its sources
// are symbolic links to those of the main package. Run it with `scripts/fuzz`.

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
