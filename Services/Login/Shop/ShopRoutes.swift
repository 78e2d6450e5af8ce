// The shop: pages whose scripts call catalog, orders and inbox from the browser, as an example of a client.
//
// This is a separate folder because login works without it. To remove the shop, delete the folder, its resources in
// `Package.swift`, and the links to `/shop/` in the templates. Also delete the lines about it in `App+build.swift` and
// `LoginSettings.swift`.

import Foundation
import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime

/// The static files of the shop under `/shop/`, and `config.json` with the addresses of the services.
///
/// Any other origin may serve the same files with its own `config.json`.
struct ShopRoutes: Sendable {
    private let files: [String: StaticFile]
    private let addresses: Addresses

    /// Reads the files.
    ///
    /// - Throws: An error of reading a file.
    init(_ services: ShopServices) throws {
        var headers = HTTPFields.page
        headers[.contentSecurityPolicy] = HTTPFields.contentSecurityPolicy(
            connecting: [services.catalog, services.orders, services.inbox])
        files = try StaticFile.files(in: Bundle.module.bundleURL.appending(path: "ShopFiles"), headers: headers)
        addresses = Addresses(catalog: services.catalog, orders: services.orders, inbox: services.inbox)
    }

    func add(to router: Router<AppRequestContext>) {
        let shop = router.group("shop")
        for (name, file) in files {
            // The start page refers to the other files by relative paths, so its own path must end with a slash.
            guard name == "index.html" else {
                shop.get(RouterPath(name)) { request, _ in file.response(to: request) }
                continue
            }
            shop.get { request, _ in
                request.uri.path.hasSuffix("/")
                    ? file.response(to: request)
                    : Response(status: .permanentRedirect, headers: [.location: "/shop/"])
            }
        }
        shop.get("config.json") { _, _ in addresses }
    }

    /// The content of `config.json`. The empty address of login means the origin of the shop.
    private struct Addresses: ResponseEncodable {
        let login = ""
        let catalog, orders, inbox: String
    }
}

/// The addresses under which browsers reach the services that the shop calls. Between each other, the services may use
/// other addresses.
struct ShopServices: Sendable {
    let catalog, orders, inbox: String

    /// Reads `SHOP_CATALOG_URL`, `SHOP_ORDERS_URL` and `SHOP_INBOX_URL`.
    init(_ settings: inout Settings) {
        catalog = settings.url("SHOP_CATALOG_URL", default: "http://localhost:8081")
        orders = settings.url("SHOP_ORDERS_URL", default: "http://localhost:8082")
        inbox = settings.url("SHOP_INBOX_URL", default: "http://localhost:8083")
    }
}
