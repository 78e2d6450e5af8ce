#define _GNU_SOURCE
#include "ClientFloor.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAXIMUM_CONNECTIONS = 1024 };

static const char response[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"orders\":[]}";

// For each connection, the number of received bytes of the empty line that ends a request.
static int matched[MAXIMUM_CONNECTIONS];

// Reads the received bytes and responds to each complete request. Returns 0 when the connection has ended.
static int serve(int connection) {
    static const char end[] = "\r\n\r\n";
    char bytes[8192];
    ssize_t count = read(connection, bytes, sizeof bytes);
    for (ssize_t index = 0; index < count; index++) {
        int *seen = &matched[connection];
        *seen = bytes[index] == end[*seen] ? *seen + 1 : bytes[index] == '\r';
        if (*seen < 4) continue;
        *seen = 0;
        if (write(connection, response, sizeof response - 1) < 0) return 0;
    }
    return count > 0;
}

static void accept_connection(int listener, int events) {
    int connection = accept(listener, NULL, NULL), yes = 1;
    if (connection < 0) return;
    if (connection >= MAXIMUM_CONNECTIONS) {
        close(connection);
        return;
    }
    matched[connection] = 0;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = connection};
    epoll_ctl(events, EPOLL_CTL_ADD, connection, &event);
}

static void run(int listener) {
    int events = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, ready[64];
    epoll_ctl(events, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(events, ready, 64, -1);
        for (int index = 0; index < count; index++) {
            int descriptor = ready[index].data.fd;
            if (descriptor == listener) accept_connection(listener, events);
            else if (!serve(descriptor)) close(descriptor);
        }
    }
}

int floor_server_start(void) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) || listen(listener, 128) ||
        getsockname(listener, (struct sockaddr *)&address, &size))
        return 0;
    pid_t child = fork();
    if (child < 0) return 0;
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        run(listener);
    }
    close(listener);
    return ntohs(address.sin_port);
}
