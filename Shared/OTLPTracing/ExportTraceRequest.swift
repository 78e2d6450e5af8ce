import Foundation
import Tracing

/// The body of a request to a collector: `ExportTraceServiceRequest` of OTLP in its JSON form.
///
/// Ids are in hexadecimal, and numbers of 64 bits are strings (OpenTelemetry Protocol, "JSON Protobuf Encoding"). So are NaN
/// and the infinities (Protocol Buffers, "ProtoJSON Format").
struct ExportTraceRequest: Encodable {
    private let resourceSpans: [ResourceSpans]

    init(_ spans: [SpanRecord], resource: [String: String]) {
        let attributes = resource.sorted { $0.key < $1.key }.map { Attribute(key: $0.key, value: .string($0.value)) }
        resourceSpans = [
            ResourceSpans(
                resource: Resource(attributes: attributes),
                scopeSpans: [ScopeSpans(scope: Scope(name: "hallpass"), spans: spans.map(Span.init))])
        ]
    }

    /// The request as JSON.
    var json: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.nonConformingFloatEncodingStrategy = .convertToString(
                positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
            return try encoder.encode(self)
        }
    }

    private struct ResourceSpans: Encodable {
        let resource: Resource
        let scopeSpans: [ScopeSpans]
    }

    private struct Resource: Encodable {
        let attributes: [Attribute]
    }

    private struct ScopeSpans: Encodable {
        let scope: Scope
        let spans: [Span]
    }

    private struct Scope: Encodable {
        let name: String
    }

    private struct Span: Encodable {
        let traceId, spanId: String
        let parentSpanId: String?
        let traceState, name: String
        let flags, kind: Int
        let startTimeUnixNano, endTimeUnixNano: String
        let attributes: [Attribute]
        let status: Status?

        init(_ span: SpanRecord) {
            traceId = span.trace.traceID.hexadecimal
            spanId = span.trace.spanID.hexadecimal
            parentSpanId = span.parentID?.hexadecimal
            traceState = span.trace.state
            name = span.name
            flags = Int(span.trace.flags)
            kind = span.kind.number
            startTimeUnixNano = String(span.start)
            endTimeUnixNano = String(span.end)
            var attributes: [Attribute] = []
            span.attributes.forEach { attributes.append(Attribute(key: $0, value: $1)) }
            self.attributes = attributes.sorted { $0.key < $1.key }
            status = span.status.map { Status(code: $0.code == .ok ? 1 : 2, message: $0.message) }
        }
    }

    private struct Status: Encodable {
        let code: Int
        let message: String?
    }

    private struct Attribute: Encodable {
        let key: String
        let value: SpanAttribute

        private enum Member: String, CodingKey {
            case key, value, stringValue, intValue, doubleValue, boolValue
        }

        func encode(to encoder: any Encoder) throws {
            var members = encoder.container(keyedBy: Member.self)
            try members.encode(key, forKey: .key)
            var value = members.nestedContainer(keyedBy: Member.self, forKey: .value)
            switch self.value {
            case .int32(let number): try value.encode(String(number), forKey: .intValue)
            case .int64(let number): try value.encode(String(number), forKey: .intValue)
            case .double(let number): try value.encode(number, forKey: .doubleValue)
            case .bool(let bool): try value.encode(bool, forKey: .boolValue)
            case .string(let text): try value.encode(text, forKey: .stringValue)
            // The services set no lists.
            default: try value.encode("\(self.value)", forKey: .stringValue)
            }
        }
    }
}

extension SpanKind {
    /// The number of the kind in OTLP.
    fileprivate var number: Int {
        switch self {
        case .internal: 1
        case .server: 2
        case .client: 3
        case .producer: 4
        case .consumer: 5
        }
    }
}
