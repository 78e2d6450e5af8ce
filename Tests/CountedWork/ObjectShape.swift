/// A JSON object with a part that grows.
enum ObjectShape: String {
    case members, escapedNames, longEscapedNames, nestedMembers, depth

    /// The object with `count` members, or at a depth of `count` levels.
    func object(_ count: Int) -> [UInt8] {
        let list = 0..<count
        let text =
            switch self {
            case .members: list.map { #""name\#($0)":"x""# }.joined(separator: ",")
            case .escapedNames: list.map { #""nam\u0065\#($0)":"x""# }.joined(separator: ",")
            case .longEscapedNames:
                ((0..<8).map { #""\#($0)\#(String(repeating: #"\n"#, count: count / 8))":0"# }
                    + list.map { #""\u00e9\#($0)":0"# }).joined(separator: ",")
            case .nestedMembers: #""x":{\#(list.map { #""name\#($0)":"x""# }.joined(separator: ","))}"#
            case .depth:
                String(repeating: #""x":{"#, count: count) + #""x":"\#(String(repeating: "x", count: 200_000))""#
                    + String(repeating: "}", count: count)
            }
        return Array("{\(text)}".utf8)
    }
}
