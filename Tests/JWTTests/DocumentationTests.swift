import Foundation
import Testing

/// The examples of the documentation, compiled against the module that was just built.
@Suite struct DocumentationTests {
    /// The declarations that the examples use.
    private static let declarations = """
        import JWT

        func example(
            bytesOfTheKeyFile: [UInt8], secondsSince1970: Int64, text: String, secret: [UInt8], oldSecret: [UInt8]
        ) throws {
            let now = NumericDate(seconds: secondsSince1970)
            enum Page { case orders, forbidden, unauthorized }
            let (forbidden, unauthorized) = (Page.forbidden, Page.unauthorized)
            func orders(of subject: String?) -> Page { .orders }
            func log(_ sentence: String) {}

        """

    @Test(arguments: [
        ("docs/jwt.md", 9), ("Shared/JWT/JWT.docc/JWT.md", 1), ("Shared/JWT/JWT.docc/VerifyingStrictly.md", 3),
    ])
    func `every example of a page compiles`(path: String, minimumBlocks: Int) async throws {
        let page = try String(contentsOf: TypeCheck.project.appending(path: path), encoding: .utf8)
        let blocks = page.matches(of: /(?m)^```swift\n([^`]*)^```$/).map { String($0.1) }
        #expect(blocks.count >= minimumBlocks)
        let names = ["let keys", "let policy", "let verifier", "let signer", "let text", "struct Access"]
        var program = Self.declarations
        for block in blocks {
            let block = block.replacing("import JWT\n", with: "")
            // A block with a declaration stays in the scope of the later ones. Other blocks become closures, which may return.
            if names.contains(where: block.contains) {
                program += block.replacing("let text =", with: "_ =") + "\n"
            } else if block.contains("return ") {
                program += "_ = { () -> Page in\n\(block)}\n"
            } else {
                program += "_ = \(block)\n"
            }
        }
        let result = try await TypeCheck.run(program + "}\n")
        #expect(result.isValid, "\(result.messages)")
    }
}
