/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference that the figures are measured against: what one thread of C can do with edge-triggered epoll(7). Answers every
 * request with the same 13 bytes and the headers a server sends (Date, Server, Content-Type, Content-Length), parsing just
 * enough to find where a request ends. Answers to pipelined requests leave in one send.
 *
 *   cc -O2 -o epoll_server epoll_server.c && ./epoll_server 8081
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "answer.h"

#define EVENTS 1024
#define INPUT 65536
#define OUTPUT 65536
#define FILES 20000

struct connection {
    char *kept;      /* an unfinished request, or NULL */
    int kept_length;
    char *unsent;    /* what the socket did not take, or NULL */
    int unsent_length;
};

static struct connection connections[FILES];
static char input[INPUT];
static char output[OUTPUT + 512];

static void end(int fd) {
    struct connection *c = &connections[fd];
    free(c->kept);
    free(c->unsent);
    memset(c, 0, sizeof *c);
    close(fd);
}

/* Sends, and keeps what the socket does not take. Returns 0, or -1 when the connection is gone. */
static int send_all(int fd, const char *bytes, int length) {
    struct connection *c = &connections[fd];
    if (c->unsent == NULL) {
        ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN) return -1;
        if (n < 0) n = 0;
        bytes += n;
        length -= n;
    }
    if (length > 0) {
        c->unsent = realloc(c->unsent, c->unsent_length + length);
        memcpy(c->unsent + c->unsent_length, bytes, length);
        c->unsent_length += length;
    }
    return 0;
}

/* Answers all whole requests among the bytes. Returns the bytes consumed, or -1 when the connection is gone. */
static int answer_all(int fd, const char *bytes, int length) {
    int done = 0, out = 0;
    for (;;) {
        const char *head_end = memmem(bytes + done, length - done, "\r\n\r\n", 4);
        if (head_end == NULL) break;
        done = head_end + 4 - bytes;
        memcpy(output + out, answer, answer_length);
        out += answer_length;
        if (out >= OUTPUT) {
            if (send_all(fd, output, out) < 0) return -1;
            out = 0;
        }
    }
    if (out > 0 && send_all(fd, output, out) < 0) return -1;
    return done;
}

/*
 * Reads and answers. A short read means that there is no more (epoll(7), question 9), unless the event told of the end of the
 * stream as well: no other event will.
 */
static void readable(int fd, int ended) {
    struct connection *c = &connections[fd];
    for (;;) {
        int have = c->kept_length;
        if (have > 0) memcpy(input, c->kept, have);
        int room = INPUT - have;
        ssize_t n = recv(fd, input + have, room, 0);
        if (n == 0) { end(fd); return; }
        if (n < 0) {
            if (errno != EAGAIN && errno != EINTR) end(fd);
            return;
        }
        int total = have + n;
        int done = answer_all(fd, input, total);
        if (done < 0) { end(fd); return; }
        int left = total - done;
        if (left > 0) {
            c->kept = realloc(c->kept, left);
            memcpy(c->kept, input + done, left);
        } else if (c->kept) {
            free(c->kept);
            c->kept = NULL;
        }
        c->kept_length = left;
        if (n < room && !ended) return;
    }
}

/* Sends what was kept. Returns 0, or -1 when the connection is gone. */
static int writable(int fd) {
    struct connection *c = &connections[fd];
    if (c->unsent == NULL) return 0;
    ssize_t n = send(fd, c->unsent, c->unsent_length, MSG_NOSIGNAL);
    if (n < 0) {
        if (errno == EAGAIN) return 0;
        end(fd);
        return -1;
    }
    c->unsent_length -= n;
    if (c->unsent_length == 0) {
        free(c->unsent);
        c->unsent = NULL;
    } else {
        memmove(c->unsent, c->unsent + n, c->unsent_length);
    }
    return 0;
}

int main(int argc, char **argv) {
    int port = argc > 1 ? atoi(argv[1]) : 8081;
    signal(SIGPIPE, SIG_IGN);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4096) < 0) {
        perror("listen");
        return 1;
    }
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = listener};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    static struct epoll_event events[EVENTS];
    for (;;) {
        int n = epoll_wait(epoll, events, EVENTS, -1);
        make_answer();
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                int peer;
                while ((peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
                    if (peer >= FILES) { close(peer); continue; }
                    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
                    event.data.fd = peer;
                    epoll_ctl(epoll, EPOLL_CTL_ADD, peer, &event);
                }
                continue;
            }
            if (events[i].events & EPOLLOUT && writable(fd) < 0) continue;
            int ended = events[i].events & (EPOLLRDHUP | EPOLLERR | EPOLLHUP);
            if (ended || events[i].events & EPOLLIN) readable(fd, ended);
        }
    }
}
