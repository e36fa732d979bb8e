/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor of what a request costs over io_uring, and whether registered files pay: the same answers as epoll_server.c, with files registered or not.
 * Multishot accept and receive, one ring of buffers, sends that complete in silence, one call a turn. For connections that stay and requests that come
 * whole; for measuring only.
 *
 *   cc -O2 -o uring_server uring_server.c -luring && ./uring_server 8082 [fixed]
 */
#define _GNU_SOURCE
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "answer.h"

#define BUFFERS 1024
#define SIZE 4096
#define ACCEPT 1ull
#define RECEIVE 2ull
#define SEND 3ull

static struct io_uring ring;
static struct io_uring_buf_ring *buffers;
static char memory[BUFFERS][SIZE];
static int fixed;

static struct io_uring_sqe *entry(void) {
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
    if (!sqe) {
        io_uring_submit(&ring);
        sqe = io_uring_get_sqe(&ring);
    }
    return sqe;
}

static void mark(struct io_uring_sqe *sqe, unsigned long long kind, int fd) {
    if (fixed && kind != ACCEPT) sqe->flags |= IOSQE_FIXED_FILE;
    io_uring_sqe_set_data64(sqe, kind << 32 | (unsigned)fd);
}

static void accept_all(int listener) {
    struct io_uring_sqe *sqe = entry();
    if (fixed) io_uring_prep_multishot_accept_direct(sqe, listener, NULL, NULL, 0);
    else io_uring_prep_multishot_accept(sqe, listener, NULL, NULL, SOCK_CLOEXEC);
    mark(sqe, ACCEPT, listener);
}

static void receive(int fd) {
    struct io_uring_sqe *sqe = entry();
    io_uring_prep_recv_multishot(sqe, fd, NULL, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = 0;
    mark(sqe, RECEIVE, fd);
}

static void end(int fd) {
    struct io_uring_sqe *sqe = entry();
    if (fixed) io_uring_prep_close_direct(sqe, fd);
    else io_uring_prep_close(sqe, fd);
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
    io_uring_sqe_set_data64(sqe, SEND << 32);
}

static void received(int fd, int count, unsigned flags) {
    if (count <= 0) {
        if (count == -ENOBUFS) receive(fd);
        else end(fd);
        return;
    }
    int id = flags >> IORING_CQE_BUFFER_SHIFT;
    char *at = memory[id], *last = at + count;
    while ((at = memmem(at, last - at, "\r\n\r\n", 4))) {
        struct io_uring_sqe *sqe = entry();
        io_uring_prep_send(sqe, fd, answer, answer_length, MSG_NOSIGNAL);
        mark(sqe, SEND, fd);
        sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
        at += 4;
    }
    io_uring_buf_ring_add(buffers, memory[id], SIZE, id, io_uring_buf_ring_mask(BUFFERS), 0);
    io_uring_buf_ring_advance(buffers, 1);
    if (!(flags & IORING_CQE_F_MORE)) receive(fd);
}

int main(int argc, char **argv) {
    int port = argc > 1 ? atoi(argv[1]) : 8082, one = 1, error;
    fixed = argc > 2;
    signal(SIGPIPE, SIG_IGN);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4096) < 0) {
        perror("listen");
        return 1;
    }
    struct io_uring_params params = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE, .cq_entries = 8192};
    error = io_uring_queue_init_params(2048, &ring, &params);
    if (!error && fixed) error = io_uring_register_files_sparse(&ring, 4096);
    if (error) {
        fprintf(stderr, "io_uring: %s\n", strerror(-error));
        return 1;
    }
    struct io_uring_buf_reg group = {.ring_entries = BUFFERS};
    posix_memalign((void **)&buffers, 4096, BUFFERS * sizeof(struct io_uring_buf));
    group.ring_addr = (unsigned long)buffers;
    error = io_uring_register_buf_ring(&ring, &group, 0);
    if (error) {
        fprintf(stderr, "buffer ring: %s\n", strerror(-error));
        return 1;
    }
    io_uring_buf_ring_init(buffers);
    for (int i = 0; i < BUFFERS; i++) io_uring_buf_ring_add(buffers, memory[i], SIZE, i, io_uring_buf_ring_mask(BUFFERS), i);
    io_uring_buf_ring_advance(buffers, BUFFERS);
    accept_all(listener);
    for (;;) {
        io_uring_submit_and_wait(&ring, 1);
        make_answer();
        struct io_uring_cqe *cqe;
        unsigned head, seen = 0;
        io_uring_for_each_cqe(&ring, head, cqe) {
            unsigned long long kind = cqe->user_data >> 32;
            int fd = (int)cqe->user_data;
            seen++;
            if (kind == ACCEPT) {
                if (cqe->res >= 0) receive(cqe->res);
                if (!(cqe->flags & IORING_CQE_F_MORE)) accept_all(fd);
            } else if (kind == RECEIVE) {
                received(fd, cqe->res, cqe->flags);
            }
        }
        io_uring_cq_advance(&ring, seen);
    }
}
