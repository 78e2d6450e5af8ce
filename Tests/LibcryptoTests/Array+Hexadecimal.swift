extension Array<UInt8> {
    /// The bytes as lower-case hexadecimal digits.
    var hexadecimal: String {
        map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
    }
}
