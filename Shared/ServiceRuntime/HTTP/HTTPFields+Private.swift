public import HTTPTypes

extension HTTPFields {
    /// The fields of a response that no cache may store and whose media type no browser may guess.
    static let `private`: HTTPFields = [.cacheControl: "no-store", .xContentTypeOptions: "nosniff"]

    /// Adds a field name to `Vary` once (RFC 9110 §12.5.5).
    public mutating func vary(by name: HTTPField.Name) {
        let names = self[values: .vary].joined(separator: ",").split { $0 == "," || $0 == " " }
        guard !names.contains(where: { $0.lowercased() == name.canonicalName }) else { return }
        append(HTTPField(name: .vary, value: name.rawName))
    }
}
