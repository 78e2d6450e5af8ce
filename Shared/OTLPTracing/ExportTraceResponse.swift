import Foundation

/// The body of a collector's response: `ExportTraceServiceResponse` of OTLP in its JSON form.
struct ExportTraceResponse: Decodable {
    private let partialSuccess: PartialSuccess?

    /// The number of spans that the collector rejected although the status is successful; 0 or more.
    var rejectedSpans: Int { max(0, partialSuccess?.rejectedSpans ?? 0) }

    /// Reads a body. Of a body in another form, such as an empty one, nothing is known: no span counts as rejected.
    init(json: [UInt8]) {
        partialSuccess = (try? JSONDecoder().decode(Self.self, from: Data(json)))?.partialSuccess
    }

    private struct PartialSuccess: Decodable {
        let rejectedSpans: Int?

        private enum Member: String, CodingKey {
            case rejectedSpans
        }

        /// Numbers of 64 bits are strings, but a reader also accepts numbers (Protocol Buffers, "ProtoJSON Format").
        init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: Member.self)
            let text = try? members.decode(String.self, forKey: .rejectedSpans)
            rejectedSpans = try text.map { Int($0) } ?? members.decodeIfPresent(Int.self, forKey: .rejectedSpans)
        }
    }
}
