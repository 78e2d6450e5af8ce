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
        private let value: AnyValue

        init(key: String, value: SpanAttribute) {
            self.key = key
            self.value = AnyValue(value)
        }
    }

    private struct AnyValue: Encodable {
        private let value: SpanAttribute

        private enum Member: String, CodingKey {
            case stringValue, intValue, doubleValue, boolValue, arrayValue
        }

        init(_ value: SpanAttribute) { self.value = value }

        func encode(to encoder: any Encoder) throws {
            var members = encoder.container(keyedBy: Member.self)
            switch value {
            case .int32(let number): try members.encode(String(number), forKey: .intValue)
            case .int64(let number): try members.encode(String(number), forKey: .intValue)
            case .double(let number): try members.encode(number, forKey: .doubleValue)
            case .bool(let bool): try members.encode(bool, forKey: .boolValue)
            case .string(let text): try members.encode(text, forKey: .stringValue)
            case .stringConvertible(let value): try members.encode(value.description, forKey: .stringValue)
            case .int32Array(let list): try members.encode(Values(list.map(SpanAttribute.int32)), forKey: .arrayValue)
            case .int64Array(let list): try members.encode(Values(list.map(SpanAttribute.int64)), forKey: .arrayValue)
            case .doubleArray(let list): try members.encode(Values(list.map(SpanAttribute.double)), forKey: .arrayValue)
            case .boolArray(let list): try members.encode(Values(list.map(SpanAttribute.bool)), forKey: .arrayValue)
            case .stringArray(let list): try members.encode(Values(list.map(SpanAttribute.string)), forKey: .arrayValue)
            case .stringConvertibleArray(let list):
                try members.encode(Values(list.map { .string($0.description) }), forKey: .arrayValue)
            default: try members.encode("\(value)", forKey: .stringValue)
            }
        }
    }

    private struct Values: Encodable {
        let values: [AnyValue]

        init(_ values: [SpanAttribute]) { self.values = values.map(AnyValue.init) }
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
