import TestSupport
import Testing

@testable import JWT

/// The work of reading JSON. A service reads the body of a request before it knows the caller, so the work must be linear
/// in the size of the body.
@Suite(.enabled(if: canCountInstructions)) struct LinearReadingTests {
    @Test(arguments: ["members", "escapedNames", "longEscapedNames", "nestedMembers"])
    func `the instructions to read an object grow linearly with its size`(shape: String) async throws {
        let (few, many) = (
            try await instructions(of: shape, size: 500), try await instructions(of: shape, size: 2000)
        )
        // Quadratic reading would need sixteen times as many.
        #expect(many < 6 * few, "\(few) and \(many) instructions")
    }

    @Test func `the instructions to read a string do not depend on its depth`() async throws {
        let (shallow, deep) = (
            try await instructions(of: "depth", size: 1),
            try await instructions(of: "depth", size: JSONScanner.maximumDepth - 2)
        )
        // Reading each level separately would need thirty times as many.
        #expect(deep < 5 * shallow, "\(shallow) and \(deep) instructions")
    }
}
