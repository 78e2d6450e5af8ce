#pragma once

/// The least work of a request: the multi interface of libcurl on one thread, with persistent connections.
typedef struct floor_client floor_client;

/// A client that sends `count` requests at a time to `url`, each with the header field `field`. NULL without memory.
floor_client *_Nullable floor_client_new(const char *_Nonnull url, const char *_Nonnull field, int count);

/// Sends the requests, waits for all responses, and returns how many are 200 with a body.
int floor_client_get(floor_client *_Nonnull client);

/// Sends requests to `url`, `count` at once, for a time, with libcurl's sockets interface and `epoll`. Returns the number of
/// responses, or -1 after an error.
long floor_client_loop(const char *_Nonnull url, const char *_Nonnull field, int count, double seconds);

/// Starts a process that responds to every request with 200 and a small body, and ends with this process. Returns its port
/// on 127.0.0.1, or 0.
int floor_server_start(void);
