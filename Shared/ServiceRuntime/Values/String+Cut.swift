extension String {
    /// The text if it has at most `maximum` bytes of UTF-8; otherwise its beginning and its size: `/aaaa… (15000 bytes)`.
    func cut(toBytes maximum: Int) -> String {
        let size = utf8.count
        guard size > maximum else { return self }
        return String(decoding: utf8.prefix(maximum), as: UTF8.self) + "… (\(size) bytes)"
    }
}
