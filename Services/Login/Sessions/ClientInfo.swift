/// The program and the address with which a session began, for its owner to recognize.
struct ClientInfo: Sendable, Equatable {
    /// The kind of program, as in `Firefox on Linux`. Two programs of the same kind have the same text.
    let device: String
    /// The IP address of the peer of the connection; behind a proxy, that of the proxy.
    let address: String

    static let unknown = ClientInfo(device: "Unknown program", address: "unknown")

    /// - Parameter userAgent: The header field `User-Agent` of the request that signs in.
    init(userAgent: String?, address: String?) {
        self.init(
            device: userAgent.map(Self.device) ?? Self.unknown.device, address: address ?? Self.unknown.address)
    }

    init(device: String, address: String) {
        self.device = device
        self.address = address
    }

    /// The marks in `User-Agent` that identify programs. Most browsers also send the marks of others, so the order
    /// matters.
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
