// SPDX-License-Identifier: Apache-2.0
/*
 * kqueue(2) over epoll(7), as far as KqueuePoller uses it: EVFILT_READ, EVFILT_WRITE and one EVFILT_USER; EV_CLEAR, EV_DISPATCH, EV_ONESHOT,
 * EV_DISABLE, EV_EOF with the bytes that are left. For tests on machines without kqueue; not thread-safe but for NOTE_TRIGGER.
 *
 *   queue = an epoll of three: readers (epoll), writers (epoll), user (eventfd)
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

struct kevent {
    uintptr_t ident;
    int16_t filter;
    uint16_t flags;
    uint32_t fflags;
    int64_t data;
    void *udata;
};

_Static_assert(sizeof(struct kevent) == 32 && offsetof(struct kevent, udata) == 24, "kevent");

enum { READ = -1, WRITE = -2, USER = -11 };
enum { ADD = 1, DELETE = 2, ENABLE = 4, DISABLE = 8, ONESHOT = 0x10, CLEAR = 0x20, DISPATCH = 0x80, ERROR = 0x4000, END = 0x8000 };
enum { QUEUES = 65536, DESCRIPTORS = 65536, BATCH = 4096 };

struct note {
    void *udata;
    uint16_t flags;
};

struct side {
    int epoll;
    struct note *notes;
};

struct queue {
    struct side readers, writers;
    int user;
};

static struct queue *queues[QUEUES];

static void watch(int epoll, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

/* A queue is closed by close(2), of which nobody tells us: its parts go when its number comes again. */
static void release(struct queue *old) {
    if (old) {
        close(old->readers.epoll);
        close(old->writers.epoll);
        close(old->user);
        free(old->readers.notes);
        free(old->writers.notes);
        free(old);
    }
}

int kqueue(void) {
    int top = epoll_create1(EPOLL_CLOEXEC);
    if (top < 0) {
        return -1;
    }
    struct queue *q = calloc(1, sizeof *q);
    q->readers = (struct side){epoll_create1(EPOLL_CLOEXEC), calloc(DESCRIPTORS, sizeof(struct note))};
    q->writers = (struct side){epoll_create1(EPOLL_CLOEXEC), calloc(DESCRIPTORS, sizeof(struct note))};
    q->user = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    watch(top, q->readers.epoll);
    watch(top, q->writers.epoll);
    watch(top, q->user);
    release(queues[top]);
    queues[top] = q;
    return top;
}

static int apply_side(struct side *s, const struct kevent *change, uint32_t bits) {
    int fd = (int) change->ident;
    if (change->flags & (DELETE | DISABLE)) {
        int result = epoll_ctl(s->epoll, EPOLL_CTL_DEL, fd, NULL);
        return result < 0 && (change->flags & DELETE) ? errno : 0;
    }
    s->notes[fd] = (struct note){change->udata, change->flags};
    struct epoll_event event = {.events = bits | (change->flags & CLEAR ? EPOLLET : 0), .data.fd = fd};
    int result = epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event);
    if (result < 0 && errno == EEXIST) {
        result = epoll_ctl(s->epoll, EPOLL_CTL_MOD, fd, &event);
    }
    return result < 0 ? errno : 0;
}

static int apply(struct queue *q, const struct kevent *change) {
    uint64_t one = 1;
    switch (change->filter) {
    case READ: return apply_side(&q->readers, change, EPOLLIN | EPOLLRDHUP);
    case WRITE: return apply_side(&q->writers, change, EPOLLOUT);
    case USER: return !change->fflags || write(q->user, &one, sizeof one) > 0 || errno == EAGAIN ? 0 : errno;
    default: return EINVAL;
    }
}

static int report(struct side *s, int16_t filter, struct kevent *events, int room) {
    struct epoll_event found[BATCH];
    int n = room < 1 ? 0 : epoll_wait(s->epoll, found, room < BATCH ? room : BATCH, 0);
    for (int i = 0; i < n; i++) {
        int fd = found[i].data.fd, bytes = 0;
        struct note *note = &s->notes[fd];
        uint32_t over = filter == READ ? EPOLLRDHUP | EPOLLHUP : EPOLLHUP | EPOLLERR;
        ioctl(fd, FIONREAD, &bytes);
        events[i] = (struct kevent){
            .ident = fd, .filter = filter, .flags = found[i].events & over ? END : 0,
            .fflags = found[i].events & EPOLLERR ? ECONNRESET : 0, .data = filter == READ ? bytes : 1, .udata = note->udata};
        if (note->flags & (DISPATCH | ONESHOT)) {
            epoll_ctl(s->epoll, EPOLL_CTL_DEL, fd, NULL);
        }
    }
    return n < 0 ? 0 : n;
}

static int collect(struct queue *q, struct kevent *events, int room) {
    uint64_t count;
    int n = report(&q->readers, READ, events, (room + 1) / 2);
    n += report(&q->writers, WRITE, events + n, (room - n + 1) / 2);
    if (n < room && read(q->user, &count, sizeof count) > 0) {
        events[n++] = (struct kevent){.ident = 0, .filter = USER};
    }
    return n;
}

int kevent(int top, const struct kevent *changes, int changeCount, struct kevent *events, int room,
        const struct timespec *timeout) {
    struct queue *q = queues[top];
    int n = 0;
    for (int i = 0; i < changeCount; i++) {
        int error = apply(q, &changes[i]);
        if (error && n >= room) {
            errno = error;
            return -1;
        }
        if (error) {
            events[n] = changes[i];
            events[n].flags = ERROR;
            events[n++].data = error;
        }
    }
    if (n > 0 || room == 0) {
        return n;
    }
    struct epoll_event any[3];
    int ready = epoll_pwait2(top, any, 3, timeout, NULL);
    return ready <= 0 ? ready : collect(q, events, room);
}
