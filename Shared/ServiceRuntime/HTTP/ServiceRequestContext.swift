// HTTP: the code with which all services read requests and write responses. It covers bodies, problems, paging, request
// ids, CORS, static files.

public import Hummingbird

/// A request context of a service, with the size limit, the decoder and the encoder of bodies.
public protocol ServiceRequestContext: RequestContext, Sendable
where Decoder == JSONBodyDecoder, Encoder == JSONBodyEncoder {}

extension ServiceRequestContext {
    /// The maximum size of a request body in bytes: 1 MiB.
    public var maxUploadSize: Int { 1 << 20 }
    /// Encodes response bodies as JSON with sorted members, so equal responses have equal bytes.
    public var responseEncoder: JSONBodyEncoder { JSONBodyEncoder() }
    /// Decodes request bodies from JSON.
    public var requestDecoder: JSONBodyDecoder { JSONBodyDecoder() }
}
