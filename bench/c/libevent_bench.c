// SPDX-License-Identifier: Apache-2.0
//
// The scenarios of bench/events over libevent 2.1, line by line what EventsBench.java does over Millrace:
//
//   pipes METHOD PAIRS ACTIVE WRITES ROUNDS    ACTIVE of PAIRS socket pairs get a byte; who reads one writes one to the next,
//                                              WRITES times in all. Microseconds of each round.
//   cascade METHOD PAIRS ROUNDS                a byte runs through all pairs, one turn of the loop each.
//   timers COUNT ROUNDS                        add, delete, add once more and fire so many timers: four figures a round.
//
// METHOD is select, poll, epoll or epoll-et. One line for each round on the standard output.

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static struct event_base *base;
static int pairs, active, writes_wanted;
static int *ends; // two for each pair
static struct event *events;
static int writes, fired, count;

static void fail(const char *what) {
    fprintf(stderr, "libevent_bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t nanos(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static struct event_base *open_base(const char *method) {
    struct event_config *config = event_config_new();
    const char *wanted = strncmp(method, "epoll", 5) == 0 ? "epoll" : method;
    const char **all = event_get_supported_methods();
    for (int i = 0; all[i]; i++)
        if (strcmp(all[i], wanted) != 0) event_config_avoid_method(config, all[i]);
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
    struct event_base *b = event_base_new_with_config(config);
    event_config_free(config);
    if (!b || strcmp(event_base_get_method(b), wanted) != 0) fail(method);
    return b;
}

static void write_to(int pair) {
    if (send(ends[2 * pair + 1], "e", 1, 0) != 1) fail("send");
}

static void on_read(evutil_socket_t fd, short what, void *arg) {
    (void)what;
    // All there is: an edge comes once for two bytes that arrived together.
    char bytes[64];
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    for (ssize_t i = 0; i < n; i++) {
        count++;
        if (writes > 0) {
            int next = (int)(intptr_t)arg + 1;
            write_to(next == pairs ? 0 : next);
            writes--;
            fired++;
        }
    }
}

static void on_cascade(evutil_socket_t fd, short what, void *arg) {
    (void)what;
    char c;
    if (recv(fd, &c, 1, 0) != 1) return;
    count++;
    int next = (int)(intptr_t)arg + 1;
    if (next < pairs) write_to(next);
}

static void open_pairs(const char *method, event_callback_fn callback) {
    struct rlimit limit = {2 * (rlim_t)pairs + 64, 2 * (rlim_t)pairs + 64};
    struct rlimit old;
    getrlimit(RLIMIT_NOFILE, &old);
    if (old.rlim_cur < limit.rlim_cur) {
        limit.rlim_max = old.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0) fail("setrlimit");
    }
    short flags = EV_READ | EV_PERSIST | (strcmp(method, "epoll-et") == 0 ? EV_ET : 0);
    ends = calloc(2 * (size_t)pairs, sizeof *ends);
    events = calloc((size_t)pairs, sizeof *events);
    for (int i = 0; i < pairs; i++) {
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends + 2 * i) != 0) fail("socketpair");
        event_assign(&events[i], base, ends[2 * i], flags, callback, (void *)(intptr_t)i);
        if (event_add(&events[i], NULL) != 0) fail("event_add");
    }
}

static void turn(void) {
    event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void pipes(const char *method, int rounds) {
    open_pairs(method, on_read);
    turn();
    for (int r = 0; r < rounds; r++) {
        count = fired = 0;
        writes = writes_wanted;
        int space = pairs / active;
        for (int i = 0; i < active; i++, fired++) write_to(i * space);
        int64_t begun = nanos();
        do turn();
        while (count != fired);
        printf("%.1f\n", (nanos() - begun) / 1e3);
    }
}

static void cascade(const char *method, int rounds) {
    open_pairs(method, on_cascade);
    turn();
    for (int r = 0; r < rounds; r++) {
        count = 0;
        int64_t begun = nanos();
        write_to(0);
        do turn();
        while (count != pairs);
        printf("%.1f\n", (nanos() - begun) / 1e3);
    }
}

static uint64_t seed;

static struct timeval after(uint64_t least, uint64_t spread) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t micros = least + (seed >> 33) % spread;
    struct timeval t = {(time_t)(micros / 1000000), (suseconds_t)(micros % 1000000)};
    return t;
}

static void on_timer(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what, (void)arg;
    count++;
}

static void timers(int number, int rounds) {
    events = calloc((size_t)number, sizeof *events);
    for (int i = 0; i < number; i++) evtimer_assign(&events[i], base, on_timer, NULL);
    for (int r = 0; r < rounds; r++) {
        seed = 42;
        count = 0;
        int64_t t0 = nanos();
        for (int i = 0; i < number; i++) {
            struct timeval t = after(10 * 1000000, 60 * 1000000);
            event_add(&events[i], &t);
        }
        int64_t t1 = nanos();
        for (int i = 0; i < number; i++) event_del(&events[i]);
        int64_t t2 = nanos();
        for (int i = 0; i < number; i++) {
            struct timeval t = after(0, 1000);
            event_add(&events[i], &t);
        }
        int64_t t3 = nanos();
        do turn();
        while (count != number);
        printf("%.1f %.1f %.1f %.1f\n", (t1 - t0) / 1e3, (t2 - t1) / 1e3, (t3 - t2) / 1e3, (nanos() - t3) / 1e3);
    }
}

int main(int argc, char **argv) {
    if (argc == 7 && strcmp(argv[1], "pipes") == 0) {
        base = open_base(argv[2]);
        pairs = atoi(argv[3]), active = atoi(argv[4]), writes_wanted = atoi(argv[5]);
        pipes(argv[2], atoi(argv[6]));
    } else if (argc == 5 && strcmp(argv[1], "cascade") == 0) {
        base = open_base(argv[2]);
        pairs = atoi(argv[3]);
        cascade(argv[2], atoi(argv[4]));
    } else if (argc == 4 && strcmp(argv[1], "timers") == 0) {
        base = open_base("epoll");
        timers(atoi(argv[2]), atoi(argv[3]));
    } else {
        fprintf(stderr, "usage: libevent_bench pipes METHOD PAIRS ACTIVE WRITES ROUNDS | cascade METHOD PAIRS ROUNDS |"
                        " timers COUNT ROUNDS\n");
        return 2;
    }
    return 0;
}
