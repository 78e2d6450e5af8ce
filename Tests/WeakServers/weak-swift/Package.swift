// swift-tools-version: 6.3
import PackageDescription

// A package apart from the project's, because jwt-kit and FlyingFox never enter that.
let package = Package(
    name: "WeakServer",
    dependencies: [
        .package(url: "https://github.com/vapor/jwt-kit", exact: "5.7.1"),
        .package(url: "https://github.com/swhitty/FlyingFox", exact: "0.27.1"),
    ],
    targets: [
        .executableTarget(
            name: "WeakServer",
            dependencies: [.product(name: "JWTKit", package: "jwt-kit"), "FlyingFox"])
    ],
    swiftLanguageModes: [.v6]
)
