/// The paths whose requests may carry a cookie that identifies the caller, also from other allowed origins.
enum CookiePaths {
    case all
    case only(Set<String>)

    func contains(_ path: String) -> Bool {
        switch self {
        case .all: true
        case .only(let paths): paths.contains(path)
        }
    }
}
