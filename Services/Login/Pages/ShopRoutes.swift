import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime

/// Where browsers reach the services that the shop calls: not necessarily where the services reach each other.
struct ShopServices: Sendable {
    let catalog, orders, inbox: String

    init(_ settings: inout Settings) {
        catalog = settings.url("SHOP_CATALOG_URL", default: "http://localhost:8081")
        orders = settings.url("SHOP_ORDERS_URL", default: "http://localhost:8082")
        inbox = settings.url("SHOP_INBOX_URL", default: "http://localhost:8083")
    }
}

/// The shop under `/shop/`: static files, which any other origin may serve as well, and the addresses that they need.
struct ShopRoutes: Sendable {
    private let files: [String: WebFiles.File]
    private let services: ShopServices

    private static let startPage = "index.html"

    init(_ web: WebFiles, services: ShopServices) throws {
        files = try web.shop()
        self.services = services
    }

    func add(to router: Router<AppRequestContext>) {
        let shop = router.group("shop")
        if let start = files[Self.startPage] {
            let policy = HTTPFields.contentSecurityPolicy(
                connecting: [services.catalog, services.orders, services.inbox])
            shop.get { request, _ in
                // The files name each other relative to the folder.
                request.uri.path.hasSuffix("/")
                    ? Self.answer(to: request, start, policy: policy)
                    : Response(status: .permanentRedirect, headers: [.location: "/shop/"])
            }
        }
        for (name, file) in files where name != Self.startPage {
            shop.get(RouterPath(name)) { request, _ in Self.answer(to: request, file) }
        }
        let addresses = Addresses(catalog: services.catalog, orders: services.orders, inbox: services.inbox)
        shop.get("config.json") { _, _ in addresses }
    }

    /// `login` is where the shop came from.
    private struct Addresses: ResponseEncodable {
        let login = ""
        let catalog, orders, inbox: String
    }

    /// The file, or 304 to who has it already. Browsers ask each time, so that a new release is seen at once.
    private static func answer(
        to request: Request, _ file: WebFiles.File, policy: String = HTTPFields.contentSecurityPolicy(connecting: [])
    ) -> Response {
        var headers = HTTPFields.page
        headers[.cacheControl] = "no-cache"
        headers[.contentSecurityPolicy] = policy
        headers[.eTag] = file.tag
        if request.headers[.ifNoneMatch] == file.tag { return Response(status: .notModified, headers: headers) }
        headers[.contentType] = file.type
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: .init(bytes: file.bytes)))
    }
}
