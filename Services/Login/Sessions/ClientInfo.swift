/// From where a session was begun, as its owner will recognize it.
struct ClientInfo: Sendable, Equatable {
    /// The kind of program, as in `Firefox on Linux`; nothing that tells two of a kind apart.
    let device: String
    /// The IP address of the connection's other end; behind a proxy it is the proxy's.
    let address: String

    static let unknown = ClientInfo(device: "Unknown program", address: "unknown")

    /// - Parameter userAgent: The field `User-Agent` of the request that signs in.
    init(userAgent: String?, address: String?) {
        self.init(
            device: userAgent.map(Self.device) ?? Self.unknown.device, address: address ?? Self.unknown.address)
    }

    init(device: String, address: String) {
        self.device = device
        self.address = address
    }

    /// What the field must contain, and what that means. Most browsers claim to be others too, so the order counts.
    private static let programs = [
        ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("Chrom", "Chrome"),
        ("CriOS/", "Chrome"), ("Safari/", "Safari"), ("curl/", "curl"), ("python", "Python"),
    ]
    private static let systems = [
        ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"), ("Windows", "Windows"),
        ("Macintosh", "macOS"), ("Linux", "Linux"),
    ]

    private static func device(_ userAgent: String) -> String {
        func first(of names: [(mark: String, name: String)]) -> String? {
            names.first { userAgent.contains($0.mark) }?.name
        }
        let program = first(of: programs) ?? "Unknown program"
        return first(of: systems).map { "\(program) on \($0)" } ?? program
    }
}
