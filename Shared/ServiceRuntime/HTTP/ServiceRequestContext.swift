// HTTP: the code with which all services read requests and write responses. It covers bodies, problems, paging, request
// ids, CORS, static files.

public import Foundation
public import Hummingbird

/// A request context of a service, with the size limit, the decoder and the encoder of bodies.
public protocol ServiceRequestContext: RequestContext, Sendable
where Decoder == JSONBodyDecoder, Encoder == JSONEncoder {}

extension ServiceRequestContext {
    /// The maximum size of a request body in bytes: 1 MiB.
    public var maxUploadSize: Int { 1 << 20 }
    /// Encodes response bodies as JSON with sorted members, so equal responses have equal bytes.
    public var responseEncoder: JSONEncoder { sharedResponseEncoder }
    /// Decodes request bodies from JSON.
    public var requestDecoder: JSONBodyDecoder { JSONBodyDecoder() }
}

private let sharedResponseEncoder = {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
}()
