#pragma once

/// The least that a request can take: libcurl's multi interface on one thread, with connections that are kept.
typedef struct floor_client floor_client;

/// A client that makes `count` requests at a time for `url`, each with the header field `field`. NULL without memory.
floor_client *_Nullable floor_client_new(const char *_Nonnull url, const char *_Nonnull field, int count);

/// Makes the requests, waits for all answers, and returns how many were 200 with a body.
int floor_client_get(floor_client *_Nonnull client);

/// Starts a process that answers every request with 200 and a small body, and ends with this one. Returns its port on
/// 127.0.0.1, or 0.
int floor_server_start(void);
