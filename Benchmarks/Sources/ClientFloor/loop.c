#include "ClientFloor.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

struct loop {
    CURLM *multi;
    int epoll;
    /// The time at which libcurl wants to work without an event; negative without one.
    double timer;
    long finished;
};

static double seconds_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int set_interest(CURL *easy, curl_socket_t socket, int action, void *context, void *known) {
    (void)easy;
    struct loop *loop = context;
    struct epoll_event event = {
        .events = (action & CURL_POLL_IN ? EPOLLIN : 0u) | (action & CURL_POLL_OUT ? EPOLLOUT : 0u),
        .data.fd = socket,
    };
    if (action == CURL_POLL_REMOVE) return epoll_ctl(loop->epoll, EPOLL_CTL_DEL, socket, &event), 0;
    epoll_ctl(loop->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
    curl_multi_assign(loop->multi, socket, loop);
    return 0;
}

static int set_timer(CURLM *multi, long milliseconds, void *context) {
    (void)multi;
    struct loop *loop = context;
    loop->timer = milliseconds < 0 ? -1 : seconds_now() + (double)milliseconds / 1e3;
    return 0;
}

static size_t discard(char *bytes, size_t size, size_t count, void *context) {
    (void)bytes;
    (void)context;
    return size * count;
}

/// Starts the next request of each one that has finished. Returns false after an error.
static int repeat_finished(struct loop *loop) {
    int left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(loop->multi, &left));) {
        CURL *easy = message->easy_handle;
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        if (message->data.result != CURLE_OK || status != 200) return 0;
        loop->finished++;
        curl_multi_remove_handle(loop->multi, easy);
        curl_multi_add_handle(loop->multi, easy);
    }
    return 1;
}

/// Runs the requests until a time. Returns false after an error.
static int run_until(struct loop *loop, double end) {
    struct epoll_event ready[64];
    int running = 0;
    for (double now; (now = seconds_now()) < end;) {
        double due = loop->timer >= 0 && loop->timer < end ? loop->timer : end;
        int count = epoll_wait(loop->epoll, ready, 64, due <= now ? 0 : (int)((due - now) * 1e3) + 1);
        for (int index = 0; index < count; index++) {
            int operations = (ready[index].events & EPOLLIN ? CURL_CSELECT_IN : 0)
                | (ready[index].events & EPOLLOUT ? CURL_CSELECT_OUT : 0)
                | (ready[index].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
            curl_multi_socket_action(loop->multi, ready[index].data.fd, operations, &running);
        }
        if (loop->timer >= 0 && loop->timer <= seconds_now()) {
            loop->timer = -1;
            curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        }
        if (!repeat_finished(loop)) return 0;
    }
    return 1;
}

long floor_client_loop(const char *url, const char *field, int count, double seconds) {
    struct loop loop = {.multi = curl_multi_init(), .epoll = epoll_create1(EPOLL_CLOEXEC), .timer = -1};
    struct curl_slist *fields = curl_slist_append(NULL, field);
    CURL **easies = calloc(count, sizeof *easies);
    if (!loop.multi || loop.epoll < 0 || !fields || !easies) return -1;
    curl_multi_setopt(loop.multi, CURLMOPT_SOCKETFUNCTION, set_interest);
    curl_multi_setopt(loop.multi, CURLMOPT_SOCKETDATA, &loop);
    curl_multi_setopt(loop.multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(loop.multi, CURLMOPT_TIMERDATA, &loop);
    curl_multi_setopt(loop.multi, CURLMOPT_MAXCONNECTS, (long)count);
    for (int index = 0; index < count; index++) {
        CURL *easy = easies[index] = curl_easy_init();
        if (!easy) return -1;
        curl_easy_setopt(easy, CURLOPT_URL, url);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 5000L);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
        curl_multi_add_handle(loop.multi, easy);
    }
    int has_succeeded = run_until(&loop, seconds_now() + seconds);
    for (int index = 0; index < count; index++) {
        curl_multi_remove_handle(loop.multi, easies[index]);
        curl_easy_cleanup(easies[index]);
    }
    curl_multi_cleanup(loop.multi);
    curl_slist_free_all(fields);
    free(easies);
    close(loop.epoll);
    return has_succeeded ? loop.finished : -1;
}
