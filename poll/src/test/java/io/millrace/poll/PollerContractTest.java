// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Platform;
import io.millrace.sys.Sockets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every poller must do: each case runs over each one that this machine has. */
class PollerContractTest {
    private static final long SECOND = 1_000_000_000L;
    private static final byte[] SOME = {1, 2, 3, 4};

    private final Ready ready = new Ready(64);
    private final List<Integer> descriptors = new ArrayList<>();
    private Poller poller;

    @FunctionalInterface
    interface Opening {
        Poller open(int capacity) throws Exception;
    }

    record Backend(String name, String whyNot, Opening opening) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Backend> backends() {
        return Stream.of(new Backend("epoll", Platform.whyNot(), EpollPoller::open));
    }

    private void open(Backend backend) throws Exception {
        Assumptions.assumeTrue(backend.whyNot == null, backend.name + ": " + backend.whyNot);
        poller = backend.opening.open(64);
    }

    @AfterEach
    void close() {
        descriptors.forEach(Descriptors::close);
        if (poller != null) {
            poller.close();
        }
    }

    /** Two connected Unix stream sockets. */
    private int[] pair() {
        int[] pair = new int[2];
        int type = Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC;
        assertEquals(0, Sockets.socketpair(Sockets.AF_UNIX, type, 0, pair));
        descriptors.add(pair[0]);
        descriptors.add(pair[1]);
        return pair;
    }

    private void closeNow(int fd) {
        descriptors.remove((Integer) fd);
        assertEquals(0, Descriptors.close(fd));
    }

    private static void send(int fd) {
        assertEquals(SOME.length, Sockets.send(fd, SOME, 0, SOME.length, Sockets.MSG_NOSIGNAL));
    }

    private static int receive(int fd, int most) {
        return Sockets.recv(fd, new byte[most], 0, most, 0);
    }

    private Map<Long, Integer> poll(long nanos) {
        int n = poller.poll(nanos, ready);
        assertEquals(ready.count(), n);
        Map<Long, Integer> events = new HashMap<>();
        for (int i = 0; i < n; i++) {
            assertEquals(null, events.put(ready.token(i), ready.events(i)), "one event a descriptor");
        }
        return events;
    }

    @ParameterizedTest
    @MethodSource("backends")
    void nothingReadyTimesOutAndNotEarly(Backend backend) throws Exception {
        open(backend);
        poller.add(pair()[0], Interest.READ, 7);
        long asked = 3_400_000;
        long start = System.nanoTime();
        assertEquals(Map.of(), poll(asked));
        assertTrue(System.nanoTime() - start >= asked, "rounded up, never down");
    }

    @ParameterizedTest
    @MethodSource("backends")
    void readableComesWithItsToken(Backend backend) throws Exception {
        open(backend);
        int[] a = pair();
        int[] b = pair();
        long token = 5L << 32 | 3;
        assertEquals(0, poller.add(a[0], Interest.READ, token));
        assertEquals(0, poller.add(b[0], Interest.READ, 8));
        send(a[1]);
        assertEquals(Map.of(token, Interest.READ), poll(SECOND));
    }

    @ParameterizedTest
    @MethodSource("backends")
    void writableUntilTheSocketIsFull(Backend backend) throws Exception {
        open(backend);
        int[] a = pair();
        poller.add(a[0], Interest.WRITE, 1);
        assertEquals(Map.of(1L, Interest.WRITE), poll(SECOND));
        byte[] much = new byte[64 * 1024];
        while (Sockets.send(a[0], much, 0, much.length, 0) > 0) {}
        assertEquals(Map.of(), poll(0));
        while (receive(a[1], much.length) > 0) {}
        assertEquals(Map.of(1L, Interest.WRITE), poll(SECOND));
    }

    @ParameterizedTest
    @MethodSource("backends")
    void levelTriggerRepeatsAsLongAsSomethingIsThere(Backend backend) throws Exception {
        open(backend);
        int[] a = pair();
        poller.add(a[0], Interest.READ, 1);
        send(a[1]);
        for (int i = 0; i < 3; i++) {
            assertEquals(Map.of(1L, Interest.READ), poll(SECOND));
        }
        assertEquals(SOME.length, receive(a[0], 100));
        assertEquals(Map.of(), poll(0));
    }

    @ParameterizedTest
    @MethodSource("backends")
    void edgeTriggerReportsEachArrivalOnce(Backend backend) throws Exception {
        open(backend);
        int[] a = pair();
        assertEquals(0, poller.add(a[0], Interest.READ | Interest.EDGE, 1));
        send(a[1]);
        assertEquals(Map.of(1L, Interest.READ), poll(SECOND));
        assertEquals(Map.of(), poll(0), "unread data is not reported again");
        assertEquals(1, receive(a[0], 1));
        assertEquals(Map.of(), poll(0), "nor after a part of it was read");
        send(a[1]);
        assertEquals(Map.of(1L, Interest.READ), poll(SECOND), "new data is, though the old has not been drained");
    }

    @ParameterizedTest
    @MethodSource("backends")
    void modifyChangesInterestAndToken(Backend backend) throws Exception {
        open(backend);
        int[] a = pair();
        poller.add(a[0], Interest.READ, 1);
        send(a[1]);
        assertEquals(0, poller.modify(a[0], Interest.WRITE, 2));
        assertEquals(Map.of(2L, Interest.WRITE), poll(SECOND));
        assertEquals(0, poller.modify(a[0], Interest.READ | Interest.WRITE, 3));
        assertEquals(Map.of(3L, Interest.READ | Interest.WRITE), poll(SECOND));
    }

    @ParameterizedTest
    @MethodSource("backends")
    void removedIsSilent(Backend backend) throws Exception {
        open(backend);
        int[] a = pair();
        poller.add(a[0], Interest.READ, 1);
        send(a[1]);
        assertEquals(0, poller.remove(a[0]));
        assertEquals(Map.of(), poll(0));
        assertEquals(0, poller.add(a[0], Interest.READ, 4), "and can be added again");
        assertEquals(Map.of(4L, Interest.READ), poll(SECOND));
    }

    @ParameterizedTest
    @MethodSource("backends")
    void addOfOneThatIsThereAndModifyOfOneThatIsNot(Backend backend) throws Exception {
        open(backend);
        int[] a = pair();
        assertEquals(0, poller.modify(a[0], Interest.READ, 1));
        assertEquals(0, poller.add(a[0], Interest.READ, 2));
        send(a[1]);
        assertEquals(Map.of(2L, Interest.READ), poll(SECOND));
    }

    @ParameterizedTest
    @MethodSource("backends")
    void badDescriptorIsRefused(Backend backend) throws Exception {
        open(backend);
        assertEquals(-Errno.EBADF, poller.add(19_999, Interest.READ, 1));
        assertNotEquals(0, poller.remove(19_999));
    }

    @ParameterizedTest
    @MethodSource("backends")
    void reusedDescriptorNumberHasNoEventsOfTheOldOne(Backend backend) throws Exception {
        open(backend);
        int[] old = pair();
        poller.add(old[0], Interest.READ, 1);
        send(old[1]);
        closeNow(old[0]);
        int[] fresh = pair();
        assertTrue(fresh[0] == old[0] || fresh[1] == old[0], "the kernel gives the lowest free number");
        assertEquals(Map.of(), poll(0));
        assertEquals(0, poller.add(old[0], Interest.READ, 2));
        send(fresh[0] == old[0] ? fresh[1] : fresh[0]);
        assertEquals(Map.of(2L, Interest.READ), poll(SECOND));
    }

    @ParameterizedTest
    @MethodSource("backends")
    void endOfStreamAndHangup(Backend backend) throws Exception {
        open(backend);
        int[] a = pair();
        poller.add(a[0], Interest.READ | Interest.PEER_CLOSED, 1);
        Sockets.shutdown(a[1], Sockets.SHUT_WR);
        assertEquals(Map.of(1L, Interest.READ | Interest.PEER_CLOSED), poll(SECOND));
        closeNow(a[1]);
        int events = poll(SECOND).get(1L);
        assertTrue((events & Interest.HANGUP) != 0, Interest.describe(events));
        assertEquals(0, receive(a[0], 10));
    }

    @ParameterizedTest
    @MethodSource("backends")
    void hangupIsReportedThoughNobodyAsked(Backend backend) throws Exception {
        open(backend);
        int[] a = pair();
        poller.add(a[0], 0, 1);
        assertEquals(Map.of(), poll(0));
        closeNow(a[1]);
        int events = poll(SECOND).get(1L);
        assertTrue((events & Interest.HANGUP) != 0, Interest.describe(events));
    }

    @ParameterizedTest
    @MethodSource("backends")
    void moreReadyThanFitAreFoundByTheNextCalls(Backend backend) throws Exception {
        open(backend);
        int many = 200;
        for (int i = 0; i < many; i++) {
            int[] a = pair();
            assertEquals(0, poller.add(a[0], Interest.READ | Interest.EDGE, i));
            send(a[1]);
        }
        Map<Long, Integer> found = new HashMap<>();
        for (int i = 0; i < many && found.size() < many; i++) {
            found.putAll(poll(SECOND));
        }
        assertEquals(many, found.size());
        assertEquals(Map.of(), poll(0));
    }

    @ParameterizedTest
    @MethodSource("backends")
    void wakeupFromAnotherThreadEndsAWait(Backend backend) throws Exception {
        open(backend);
        Thread waker = Thread.ofPlatform().start(poller::wakeup);
        Assertions.assertTimeoutPreemptively(Duration.ofSeconds(20), () -> assertEquals(Map.of(), poll(-1)));
        waker.join();
    }

    @ParameterizedTest
    @MethodSource("backends")
    void manyWakeupsBeforeAWaitAreOne(Backend backend) throws Exception {
        open(backend);
        for (int i = 0; i < 1000; i++) {
            poller.wakeup();
        }
        assertEquals(Map.of(), poll(-1), "woken");
        long start = System.nanoTime();
        poll(2_000_000);
        assertTrue(System.nanoTime() - start >= 2_000_000, "and only once");
    }

    @ParameterizedTest
    @MethodSource("backends")
    void wakeupAfterCloseIsHarmless(Backend backend) throws Exception {
        open(backend);
        poller.close();
        int[] a = pair();
        poller.wakeup();
        assertEquals(-Errno.EAGAIN, receive(a[0], 8), "nobody wrote into the socket that got the eventfd's number");
        assertEquals(-Errno.EAGAIN, receive(a[1], 8));
        poller.close();
    }

    @ParameterizedTest
    @MethodSource("backends")
    void exclusiveAmongTwoPollersWakesOneForOneArrival(Backend backend) throws Exception {
        open(backend);
        try (Poller other = backend.opening.open(8)) {
            int[] a = pair();
            int interest = Interest.READ | Interest.EDGE | Interest.EXCLUSIVE;
            assertEquals(0, poller.add(a[0], interest, 1));
            assertEquals(0, other.add(a[0], interest, 1));
            assertEquals(-Errno.EINVAL, poller.modify(a[0], interest, 1), "cannot be modified");
            send(a[1]);
            Ready others = new Ready(8);
            assertTrue(poll(0).size() + other.poll(0, others) >= 1);
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void timeoutsBeyondTheMechanismsRangeAreClamped(Backend backend) throws Exception {
        open(backend);
        int[] a = pair();
        poller.add(a[0], Interest.READ, 1);
        send(a[1]);
        assertEquals(Map.of(1L, Interest.READ), poll(Long.MAX_VALUE));
        assertEquals(0, EpollPoller.millis(0));
        assertEquals(1, EpollPoller.millis(1));
        assertEquals(1, EpollPoller.millis(1_000_000));
        assertEquals(2, EpollPoller.millis(1_000_001));
        assertEquals(Integer.MAX_VALUE, EpollPoller.millis(Long.MAX_VALUE));
        assertEquals(-1, EpollPoller.millis(-1));
    }

    @ParameterizedTest
    @MethodSource("backends")
    void tenThousandDescriptors(Backend backend) throws Exception {
        open(backend);
        long[] limits = new long[2];
        Descriptors.getrlimit(Descriptors.RLIMIT_NOFILE, limits);
        int pairs = (int) Math.min(5000, (limits[0] - 500) / 2);
        Assumptions.assumeTrue(pairs > 100, "descriptor limit " + limits[0]);
        int[] last = null;
        for (int i = 0; i < pairs; i++) {
            last = pair();
            assertEquals(0, poller.add(last[0], Interest.READ | Interest.EDGE, i));
            assertEquals(0, poller.add(last[1], Interest.READ | Interest.EDGE, pairs + i));
        }
        send(last[1]);
        assertEquals(Map.of((long) pairs - 1, Interest.READ), poll(SECOND));
        assertFalse(poll(0).containsKey((long) pairs - 1));
    }
}
