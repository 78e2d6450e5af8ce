import Testing

@testable import JWTAuth

@Suite struct RevocationPageTests {
    private let position = RevocationPage.Position(seq: 5, epoch: "first")

    private func page(seq: Int64, epoch: String? = "first", after: Int64? = nil, isReset: Bool = false)
        -> RevocationPage
    {
        RevocationPage(seq: seq, epoch: epoch, after: after, isReset: isReset, entries: [])
    }

    @Test func `a page follows a position of its epoch that it continues`() {
        #expect(page(seq: 5).follows(position))
        #expect(page(seq: 6).follows(position))
        #expect(page(seq: 6, after: 5).follows(position))
        #expect(page(seq: 6, epoch: nil).follows(.init(seq: 5, epoch: nil)))
    }

    @Test func `a page does not follow a later position, another request or another epoch`() {
        #expect(!page(seq: 4).follows(position))
        #expect(!page(seq: 6, after: 4).follows(position))
        #expect(!page(seq: 6, after: 6).follows(position))
        #expect(!page(seq: 6, epoch: "second").follows(position))
        #expect(!page(seq: 6, epoch: nil).follows(position))
        #expect(!page(seq: 6, epoch: "Zoe\u{308}").follows(.init(seq: 5, epoch: "Zoë")))
    }

    @Test func `a beginning follows every position`() {
        #expect(page(seq: 0, epoch: "second", after: 0, isReset: true).follows(position))
    }
}
