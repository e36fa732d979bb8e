/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether two parts of io_uring pay for a server: accepting by a multishot operation, and sending without a copy. Prints a table each; for measuring
 * only. The processor time is that of this process, its kernel threads included, which runs on one core; the other end runs on another.
 *
 *   cc -O2 -o uring_parts uring_parts.c -luring
 *   ./uring_parts accept [ROUNDS]
 *   ./uring_parts send [ROUNDS]                    over the loopback device
 *   ./uring_parts sink PORT & ... send ROUNDS ADDRESS PORT      over another, such as a pair of veth(4)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS 6400
#define AT_ONCE 64
#define BYTES (1ll << 30)
#define BUFFERS 8
#define LARGEST (1 << 20)
#define MOST_ROUNDS 100

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void pin(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static double cpu(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static int ascending(const void *a, const void *b) {
    return (*(double *)a > *(double *)b) - (*(double *)a < *(double *)b);
}

static double median(double *of, int count) {
    qsort(of, count, sizeof *of, ascending);
    return of[count / 2];
}

static int listening(int port, struct sockaddr_in *address) {
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t length = sizeof *address;
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(port ? INADDR_ANY : INADDR_LOOPBACK)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)address, sizeof *address) < 0 || listen(fd, 4096) < 0) fail("listen");
    getsockname(fd, (struct sockaddr *)address, &length);
    return fd;
}

static void open_ring(struct io_uring *ring) {
    struct io_uring_params params = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE, .cq_entries = 8192};
    int error = io_uring_queue_init_params(256, ring, &params);
    errno = -error;
    if (error) fail("io_uring");
}

/* ---- accepting: connections come AT_ONCE at a time; each is accepted, its address known if that is asked for, and closed ---- */

enum { POLL_ACCEPT4, MULTISHOT, MULTISHOT_GETPEERNAME, WAYS_TO_ACCEPT };
static const char *ways_to_accept[] = {"multishot poll, accept4 with the address", "multishot accept, no address", "multishot accept, getpeername"};

/* Connects and waits until the other end has closed, with a reset so that no port stays in TIME_WAIT. */
static void clients(struct sockaddr_in *address) {
    struct linger reset = {.l_onoff = 1};
    for (int done = 0; done < CONNECTIONS; done += AT_ONCE) {
        int fds[AT_ONCE];
        char byte;
        for (int i = 0; i < AT_ONCE; i++) {
            fds[i] = socket(AF_INET, SOCK_STREAM, 0);
            if (connect(fds[i], (struct sockaddr *)address, sizeof *address) < 0) fail("connect");
        }
        for (int i = 0; i < AT_ONCE; i++) {
            read(fds[i], &byte, 1);
            setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
            close(fds[i]);
        }
    }
}

static void arm(struct io_uring *ring, int way, int listener) {
    struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
    if (way == POLL_ACCEPT4) io_uring_prep_poll_multishot(sqe, listener, POLLIN);
    else io_uring_prep_multishot_accept(sqe, listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

static double accept_once(int way) {
    struct sockaddr_in address, peer;
    struct io_uring ring;
    int listener = listening(0, &address), accepted = 0;
    pid_t child = fork();
    if (child == 0) {
        pin(1);
        clients(&address);
        _exit(0);
    }
    pin(0);
    open_ring(&ring);
    arm(&ring, way, listener);
    double begun = cpu();
    while (accepted < CONNECTIONS) {
        struct io_uring_cqe *cqe;
        unsigned head, seen = 0;
        int rearm = 0;
        io_uring_submit_and_wait(&ring, 1);
        io_uring_for_each_cqe(&ring, head, cqe) {
            seen++;
            rearm |= !(cqe->flags & IORING_CQE_F_MORE);
            if (way == POLL_ACCEPT4) {
                socklen_t length = sizeof peer;
                for (int fd; (fd = accept4(listener, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0; accepted++) close(fd);
            } else if (cqe->res >= 0) {
                socklen_t length = sizeof peer;
                if (way == MULTISHOT_GETPEERNAME) getpeername(cqe->res, (struct sockaddr *)&peer, &length);
                close(cqe->res);
                accepted++;
            }
        }
        io_uring_cq_advance(&ring, seen);
        if (rearm) arm(&ring, way, listener);
    }
    double used = cpu() - begun;
    waitpid(child, NULL, 0);
    io_uring_queue_exit(&ring);
    close(listener);
    return used / accepted * 1e6;
}

static void accept_table(int rounds) {
    static double found[WAYS_TO_ACCEPT][MOST_ROUNDS];
    for (int round = -1; round < rounds; round++)
        for (int way = 0; way < WAYS_TO_ACCEPT; way++) {
            double one = accept_once(way);
            if (round >= 0) found[way][round] = one;
        }
    printf("| accepting | µs of processor time a connection | to the first |\n|---|--:|--:|\n");
    double first = 0;
    for (int way = 0; way < WAYS_TO_ACCEPT; way++) {
        double one = median(found[way], rounds);
        if (way == 0) first = one;
        printf("| %s | %.2f | %.2f |\n", ways_to_accept[way], one, one / first);
    }
}

/* ---- sending: BYTES in pieces of one size to an end that reads them ---- */

enum { SEND, RING_SEND, RING_SEND_ZC, RING_SEND_ZC_FIXED, WAYS_TO_SEND };
static const char *ways_to_send[] = {"send(2)", "ring", "ring, zero copy", "ring, zero copy, buffers registered"};
static char *memory[BUFFERS];

static void sink(int listener) {
    static char into[1 << 18];
    int fd, one = 1;
    fcntl(listener, F_SETFL, 0);
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        while (read(fd, into, sizeof into) > 0) {}
        close(fd);
    }
}

/* Microseconds of processor time a MiB; how many sends the kernel reports to have copied after all is added to *copied. */
static double send_once(int way, int size, struct sockaddr_in *to, long *copied) {
    struct io_uring ring;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), busy = 0;
    long long left = BYTES / 4;
    if (connect(fd, (struct sockaddr *)to, sizeof *to) < 0) fail("connect");
    open_ring(&ring);
    if (way == RING_SEND_ZC_FIXED) {
        struct iovec all[BUFFERS];
        for (int i = 0; i < BUFFERS; i++) all[i] = (struct iovec){memory[i], LARGEST};
        if (io_uring_register_buffers(&ring, all, BUFFERS) < 0) fail("io_uring_register_buffers");
    }
    double begun = cpu(), megabytes = left / 1048576.0;
    for (int next = 0; left > 0; next = (next + 1) % BUFFERS) {
        if (way == SEND) {
            for (int at = 0; at < size;) {
                ssize_t n = send(fd, memory[next] + at, size - at, MSG_NOSIGNAL);
                if (n < 0) fail("send");
                at += n;
            }
            left -= size;
            continue;
        }
        struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
        int flags = MSG_NOSIGNAL | MSG_WAITALL;
        if (way == RING_SEND) io_uring_prep_send(sqe, fd, memory[next], size, flags);
        else io_uring_prep_send_zc(sqe, fd, memory[next], size, flags, 1 << 3 /* IORING_SEND_ZC_REPORT_USAGE */);
        if (way == RING_SEND_ZC_FIXED) {
            sqe->ioprio |= 1 << 2; /* IORING_RECVSEND_FIXED_BUF */
            sqe->buf_index = next;
        }
        left -= size;
        int sent = 0;
        busy++;
        /* One send at a time, so that they stay in order; a buffer is used again when its notification has come. */
        while (!sent || busy == BUFFERS || (left <= 0 && busy > 0)) {
            struct io_uring_cqe *cqe;
            io_uring_submit_and_wait(&ring, 1);
            unsigned head, seen = 0;
            io_uring_for_each_cqe(&ring, head, cqe) {
                seen++;
                if (cqe->flags & IORING_CQE_F_NOTIF) {
                    busy--;
                    *copied += (unsigned)cqe->res >> 31; /* IORING_NOTIF_USAGE_ZC_COPIED */
                } else {
                    if (cqe->res != size) {
                        errno = cqe->res < 0 ? -cqe->res : EIO;
                        fail("a send of the ring");
                    }
                    sent = 1;
                    if (!(cqe->flags & IORING_CQE_F_MORE)) busy--;
                }
            }
            io_uring_cq_advance(&ring, seen);
        }
    }
    double used = cpu() - begun;
    close(fd);
    io_uring_queue_exit(&ring);
    return used / megabytes * 1e6;
}

static void send_table(int rounds, struct sockaddr_in *to) {
    static const int sizes[] = {16 << 10, 64 << 10, 256 << 10, 1 << 20};
    static double found[4][WAYS_TO_SEND][MOST_ROUNDS];
    long copied = 0;
    for (int i = 0; i < BUFFERS; i++) {
        memory[i] = aligned_alloc(4096, LARGEST);
        memset(memory[i], 'x', LARGEST);
    }
    for (int round = -1; round < rounds; round++)
        for (int s = 0; s < 4; s++)
            for (int way = 0; way < WAYS_TO_SEND; way++) {
                double one = send_once(way, sizes[s], to, &copied);
                if (round >= 0) found[s][way][round] = one;
            }
    printf("| sending, µs of processor time a MiB |");
    for (int s = 0; s < 4; s++) printf(" %d KiB |", sizes[s] >> 10);
    printf("\n|---|--:|--:|--:|--:|\n");
    for (int way = 0; way < WAYS_TO_SEND; way++) {
        printf("| %s |", ways_to_send[way]);
        for (int s = 0; s < 4; s++) printf(" %.0f |", median(found[s][way], rounds));
        printf("\n");
    }
    printf("\nsends that the kernel says it copied after all (IORING_NOTIF_USAGE_ZC_COPIED): %ld\n", copied);
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    int rounds = argc > 2 ? atoi(argv[2]) : 7;
    struct sockaddr_in address;
    signal(SIGPIPE, SIG_IGN);
    if (rounds > MOST_ROUNDS && strcmp(what, "sink")) rounds = MOST_ROUNDS;
    if (!strcmp(what, "accept")) {
        accept_table(rounds);
    } else if (!strcmp(what, "sink") && argc > 2) {
        pin(1);
        sink(listening(atoi(argv[2]), &address));
    } else if (!strcmp(what, "send")) {
        pid_t child = 0;
        if (argc > 4) {
            address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(argv[4]))};
            inet_pton(AF_INET, argv[3], &address.sin_addr);
        } else {
            int listener = listening(0, &address);
            child = fork();
            if (child == 0) {
                pin(1);
                sink(listener);
                _exit(0);
            }
            close(listener);
        }
        pin(0);
        send_table(rounds, &address);
        if (child) kill(child, SIGTERM);
    } else {
        fprintf(stderr, "usage: uring_parts accept|send [ROUNDS] | sink PORT | send ROUNDS ADDRESS PORT\n");
        return 2;
    }
    return 0;
}
