// What stands between the services and a hostile network. A connection passes, in this order:
//
// 1. `ConnectionRegister`, which refuses it when too many are open;
// 2. `RequestReader`, which decodes its bytes and stops reading while the service is behind;
// 3. `ConnectionGuard`, which checks each request head, keeps the times, handles the requests, and frames each response;
// 4. `AdmissionLimit`, which rejects requests that an overloaded service could only serve late.
//
// Everything behind these, from the middleware on, sees well-formed requests of a bounded size and number.

import NIOCore

/// The limits of connections. `docs/configuration.md` lists each with the metric that counts it.
struct ConnectionLimits: Sendable {
    /// How long a request head may take from its first byte to its last.
    var headTime = TimeAmount.seconds(10)
    /// How long a body may take from the end of its head to its last byte.
    var bodyTime = TimeAmount.seconds(30)
    /// How long response bytes may wait for a client that does not read them all.
    var writeTime = TimeAmount.seconds(30)
    /// How long a connection may stay open without a request.
    var idleTime = TimeAmount.seconds(60)
    /// How long the rest of a request is read and dropped after its response, before the connection is closed. A client that still
    /// sends would otherwise lose the response (RFC 9112 §9.6).
    var lingerTime = TimeAmount.seconds(2)
    /// How many requests of a connection are decoded before the response to the first of them begins. The rest waits in the
    /// socket.
    var maximumUnansweredRequests = 8
    /// How many requests of one event loop may be in flight: they are complete or the service works on them, and their response
    /// has not begun.
    var maximumRequestsInFlight = 500
    /// How long a request may wait until it begins, before newer ones begin first.
    var tolerableQueueTime = TimeAmount.milliseconds(100)
    /// How long a request may wait until it begins, and reads of the database may wait for others.
    var maximumQueueTime = TimeAmount.milliseconds(500)
    /// How many requests one connection may make.
    var maximumRequests = 10_000
    /// How many connections may be open, from all networks.
    var maximumConnections = 12_000
    /// How many connections may be open from one network (`NetworkAddress`).
    var maximumConnectionsPerNetwork = 1_000
    /// The size of all header fields of a request together, in bytes.
    var maximumHeaderBytes = 16 << 10
    /// How many header fields a request may have.
    var maximumHeaderFields = 100
    /// The size of a body, in bytes. A service whose bodies are small sets a smaller limit.
    var maximumBodyBytes = 1 << 20
    /// The size of a body of the type `application/x-www-form-urlencoded`, in bytes.
    var maximumFormBytes = URLEncodedForm.maximumBytes
    /// The size of a request target, path and query, in bytes.
    var maximumTargetBytes = RequestTarget.maximumBytes
}
