#include "ClientFloor.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

struct body {
    char bytes[4096];
    size_t count;
};

struct floor_client {
    CURLM *multi;
    struct curl_slist *fields;
    int count;
    CURL **easies;
    struct body *bodies;
};

static size_t collect(char *bytes, size_t size, size_t count, void *context) {
    struct body *body = context;
    size_t length = size * count;
    if (body->count + length > sizeof body->bytes) return 0;
    memcpy(body->bytes + body->count, bytes, length);
    body->count += length;
    return length;
}

floor_client *floor_client_new(const char *url, const char *field, int count) {
    floor_client *client = calloc(1, sizeof *client);
    if (!client) return NULL;
    client->count = count;
    client->multi = curl_multi_init();
    client->fields = curl_slist_append(NULL, field);
    client->easies = calloc(count, sizeof *client->easies);
    client->bodies = calloc(count, sizeof *client->bodies);
    if (!client->multi || !client->fields || !client->easies || !client->bodies) return NULL;
    for (int index = 0; index < count; index++) {
        CURL *easy = client->easies[index] = curl_easy_init();
        if (!easy) return NULL;
        curl_easy_setopt(easy, CURLOPT_URL, url);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 5000L);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, client->fields);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, collect);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &client->bodies[index]);
    }
    return client;
}

int floor_client_get(floor_client *client) {
    for (int index = 0; index < client->count; index++) {
        client->bodies[index].count = 0;
        curl_multi_add_handle(client->multi, client->easies[index]);
    }
    int running = 0;
    do {
        curl_multi_perform(client->multi, &running);
        if (running) curl_multi_poll(client->multi, NULL, 0, 1000, NULL);
    } while (running);
    int succeeded = 0;
    for (int index = 0; index < client->count; index++) {
        long status = 0;
        curl_easy_getinfo(client->easies[index], CURLINFO_RESPONSE_CODE, &status);
        succeeded += status == 200 && client->bodies[index].count > 0;
        curl_multi_remove_handle(client->multi, client->easies[index]);
    }
    return succeeded;
}
