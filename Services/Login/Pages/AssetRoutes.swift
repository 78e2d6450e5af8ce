import Foundation
import Hummingbird
import JWTAuth
import ServiceRuntime

/// The files that all pages load, under `/assets/`: the style sheet, the icon and a script.
struct AssetRoutes: Sendable {
    private let files: [String: StaticFile]

    /// Reads the files of the folder `Resources/assets`.
    ///
    /// - Throws: An error of reading a file.
    init() throws {
        files = try StaticFile.files(in: Bundle.module.resource("assets"), headers: .page)
    }

    func add(to router: Router<AppRequestContext>) {
        let assets = router.group("assets")
        for (name, file) in files { assets.get(RouterPath(name)) { request, _ in file.response(to: request) } }
    }
}
