#ifndef CCURL_H
#define CCURL_H

#include <curl/curl.h>
// These wait for sockets and wake the thread that waits; the Glibc module of Swift lacks them.
#include <sys/epoll.h>
#include <sys/eventfd.h>

// Typed versions of the variadic functions of libcurl, which Swift cannot call. The option or info must have the type of the
// function.

typedef size_t (*ccurl_data_callback)(char *bytes, size_t size, size_t count, void *user);

CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value);
CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value);
CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value);
CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value);
CURLcode ccurl_set_data_callback(CURL *easy, CURLoption option, ccurl_data_callback callback);
CURLcode ccurl_set_prerequest_callback(CURL *easy, curl_prereq_callback callback);
CURLcode ccurl_set_open_callback(CURL *easy, curl_opensocket_callback callback);
CURLcode ccurl_set_close_callback(CURL *easy, curl_closesocket_callback callback);
long ccurl_get_long(CURL *easy, CURLINFO info);
curl_socket_t ccurl_get_socket(CURL *easy);
void *ccurl_get_pointer(CURL *easy, CURLINFO info);
CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value);
CURLMcode ccurl_multi_set_callbacks(CURLM *multi, curl_socket_callback socket, curl_multi_timer_callback timer, void *user);

#endif
