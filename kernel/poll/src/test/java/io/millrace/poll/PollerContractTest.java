// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Files;
import io.millrace.sys.SocketAddresses;
import io.millrace.sys.Sockets;
import io.millrace.sys.ThreadSignals;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every poller must do: each case runs over each one that this machine has, in each trigger that it has. */
@Timeout(120)
class PollerContractTest extends PollerCases {

    static Stream<Mode> all() {
        return Arrays.stream(PollerKind.values())
                .flatMap(kind -> Stream.of(new Mode(kind, false), new Mode(kind, true)))
                .filter(mode -> mode.edge() ? mode.kind().edge() : mode.kind().level());
    }

    static Stream<Mode> level() {
        return all().filter(mode -> !mode.edge());
    }

    static Stream<Mode> edge() {
        return all().filter(Mode::edge);
    }

    // ---- readiness ----

    @ParameterizedTest
    @MethodSource("all")
    void nothingReadyTimesOutAndNotEarly(Mode mode) throws Exception {
        open(mode);
        add(pair()[0], Interest.READ, 7);
        for (long asked : new long[] {3_400_000, 1_000_000, 100_001, 1}) {
            long start = System.nanoTime();
            assertEquals(Map.of(), poll(asked));
            assertTrue(System.nanoTime() - start >= asked, "rounded up, never down: " + asked);
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void readableComesWithItsToken(Mode mode) throws Exception {
        open(mode);
        int[] a = pair();
        int[] b = pair();
        long token = 5L << 32 | 3;
        add(a[0], Interest.READ, token);
        add(b[0], Interest.READ, 8);
        send(a[1]);
        assertEquals(Map.of(token, Interest.READ), poll(SECOND));
    }

    @ParameterizedTest
    @MethodSource("all")
    void writableUntilTheSocketIsFull(Mode mode) throws Exception {
        open(mode);
        int[] a = pair();
        add(a[0], Interest.WRITE, 1);
        assertEquals(Map.of(1L, Interest.WRITE), poll(SECOND));
        byte[] much = new byte[64 * 1024];
        while (Sockets.send(a[0], much, 0, much.length, 0) > 0) {}
        assertEquals(Map.of(), poll(0));
        while (receive(a[1], much.length) > 0) {}
        assertEquals(Map.of(1L, Interest.WRITE), poll(SECOND));
    }

    @ParameterizedTest
    @MethodSource("all")
    void readingAndWritingAreOneEvent(Mode mode) throws Exception {
        open(mode);
        int[] a = pair();
        send(a[1]);
        add(a[0], Interest.READ | Interest.WRITE, 1);
        assertEquals(Map.of(1L, Interest.READ | Interest.WRITE), poll(SECOND));
    }

    @ParameterizedTest
    @MethodSource("level")
    void levelTriggerRepeatsAsLongAsSomethingIsThere(Mode mode) throws Exception {
        open(mode);
        int[] a = pair();
        add(a[0], Interest.READ, 1);
        send(a[1]);
        for (int i = 0; i < 3; i++) {
            assertEquals(Map.of(1L, Interest.READ), poll(SECOND));
        }
        assertEquals(SOME.length, receive(a[0], 100));
        assertEquals(Map.of(), poll(0));
    }

    @ParameterizedTest
    @MethodSource("edge")
    void edgeTriggerReportsEachArrivalOnce(Mode mode) throws Exception {
        open(mode);
        int[] a = pair();
        add(a[0], Interest.READ, 1);
        send(a[1]);
        assertEquals(Map.of(1L, Interest.READ), poll(SECOND));
        assertEquals(Map.of(), poll(0), "unread data is not reported again");
        assertEquals(1, receive(a[0], 1));
        assertEquals(Map.of(), poll(0), "nor after a part of it was read");
        send(a[1]);
        assertEquals(Map.of(1L, Interest.READ), poll(SECOND), "new data is, though the old has not been drained");
    }

    @ParameterizedTest
    @MethodSource("edge")
    void edgeTriggerReportsWhatWasThereBeforeOnce(Mode mode) throws Exception {
        open(mode);
        int[] a = pair();
        send(a[1]);
        add(a[0], Interest.READ, 1);
        assertEquals(Map.of(1L, Interest.READ), poll(SECOND));
        assertEquals(Map.of(), poll(0));
        modify(a[0], Interest.READ, 1);
        assertEquals(Map.of(1L, Interest.READ), poll(SECOND), "and once more when it is asked for anew");
    }

    @ParameterizedTest
    @MethodSource("all")
    void aTriggerThatIsNotThereIsRefusedWithTheReason(Mode mode) throws Exception {
        open(mode);
        int interest = Interest.READ | (mode.edge() ? 0 : Interest.EDGE);
        Assumptions.assumeFalse(mode.kind().edge() && mode.kind().level(), mode.kind() + " has both");
        int fd = pair()[0];
        assertEquals(-Errno.EINVAL, poller.add(fd, interest, 1));
        assertTrue(poller.whyNot(fd, interest).contains("EDGE"), poller.whyNot(fd, interest));
        assertNull(poller.whyNot(fd, mode.with(Interest.READ)));
    }

    // ---- changing and ending a watch ----

    @ParameterizedTest
    @MethodSource("all")
    void modifyChangesInterestAndToken(Mode mode) throws Exception {
        open(mode);
        int[] a = pair();
        add(a[0], Interest.READ, 1);
        send(a[1]);
        modify(a[0], Interest.WRITE, 2);
        assertEquals(Map.of(2L, Interest.WRITE), poll(SECOND));
        modify(a[0], Interest.READ | Interest.WRITE, 3);
        assertEquals(Map.of(3L, Interest.READ | Interest.WRITE), poll(SECOND));
        modify(a[0], 0, 4);
        assertEquals(Map.of(), poll(0), "watched for nothing");
    }

    @ParameterizedTest
    @MethodSource("all")
    void removedIsSilent(Mode mode) throws Exception {
        open(mode);
        int[] a = pair();
        add(a[0], Interest.READ, 1);
        send(a[1]);
        assertEquals(0, poller.remove(a[0]));
        assertEquals(Map.of(), poll(0));
        add(a[0], Interest.READ, 4);
        assertEquals(Map.of(4L, Interest.READ), poll(SECOND), "and can be added again");
    }

    @ParameterizedTest
    @MethodSource("all")
    void addOfOneThatIsThereAndModifyOfOneThatIsNot(Mode mode) throws Exception {
        open(mode);
        int[] a = pair();
        modify(a[0], Interest.READ, 1);
        add(a[0], Interest.READ, 2);
        send(a[1]);
        assertEquals(Map.of(2L, Interest.READ), poll(SECOND));
    }

    @ParameterizedTest
    @MethodSource("all")
    void whatIsInForceCanBeAsked(Mode mode) throws Exception {
        open(mode);
        int fd = pair()[0];
        assertEquals(-Errno.ENOENT, poller.registeredInterest(fd));
        add(fd, Interest.READ, 1);
        assertEquals(mode.with(Interest.READ), poller.registeredInterest(fd));
        modify(fd, Interest.WRITE | Interest.ONE_SHOT, 1);
        assertEquals(mode.with(Interest.WRITE | Interest.ONE_SHOT), poller.registeredInterest(fd));
        poller.remove(fd);
        assertEquals(-Errno.ENOENT, poller.registeredInterest(fd));
    }

    @ParameterizedTest
    @MethodSource("all")
    void badDescriptorIsRefused(Mode mode) throws Exception {
        open(mode);
        assertEquals(-Errno.EBADF, poller.add(19_999, mode.with(Interest.READ), 1));
        assertNotEquals(0, poller.remove(19_999));
        assertNotEquals(0, poller.remove(pair()[0]), "open, and not watched");
    }

    @ParameterizedTest
    @MethodSource("all")
    void oneShotReportsOnceUntilItIsArmedAgain(Mode mode) throws Exception {
        open(mode);
        int[] a = pair();
        add(a[0], Interest.READ | Interest.WRITE | Interest.ONE_SHOT, 1);
        send(a[1]);
        assertEquals(Map.of(1L, Interest.READ | Interest.WRITE), poll(SECOND));
        send(a[1]);
        assertEquals(Map.of(), poll(0), "neither what is there still nor what is new");
        modify(a[0], Interest.READ | Interest.ONE_SHOT, 2);
        assertEquals(Map.of(2L, Interest.READ), poll(SECOND));
        closeNow(a[1]);
        assertEquals(Map.of(), poll(0), "not even a hang-up");
        modify(a[0], Interest.READ, 3);
        assertTrue((poll(SECOND).get(3L) & Interest.READ) != 0);
    }

    // ---- descriptors that go and come ----

    @ParameterizedTest
    @MethodSource("all")
    void reusedDescriptorNumberHasNoEventsOfTheOldOne(Mode mode) throws Exception {
        open(mode);
        int[] old = pair();
        add(old[0], Interest.READ, 1);
        send(old[1]);
        poller.closing(old[0]);
        closeNow(old[0]);
        int[] fresh = pair();
        assertTrue(fresh[0] == old[0] || fresh[1] == old[0], "the kernel gives the lowest free number");
        assertEquals(Map.of(), poll(0));
        add(old[0], Interest.READ, 2);
        send(fresh[0] == old[0] ? fresh[1] : fresh[0]);
        assertEquals(Map.of(2L, Interest.READ), poll(SECOND));
    }

    @ParameterizedTest
    @MethodSource("all")
    void aDescriptorClosedWithoutAWordIsReportedAsInvalidOrForgotten(Mode mode) throws Exception {
        open(mode);
        int[] a = pair();
        int[] b = pair();
        add(a[0], Interest.READ, 1);
        add(b[0], Interest.READ, 2);
        closeNow(a[0]);
        boolean handsIn = mode.kind() == PollerKind.POLL || mode.kind() == PollerKind.SELECT;
        Map<Long, Integer> found = poll(0);
        assertTrue(found.equals(Map.of(1L, Interest.INVALID)) || (!handsIn && found.isEmpty()), found.toString());
        assertEquals(Map.of(), poll(0), "once");
        send(b[1]);
        assertEquals(Map.of(2L, Interest.READ), poll(SECOND), "and the others are not the worse for it");
    }

    // ---- ends and errors ----

    @ParameterizedTest
    @MethodSource("all")
    void endOfStreamAndHangup(Mode mode) throws Exception {
        open(mode);
        int[] a = pair();
        add(a[0], Interest.READ | mode.peerClosed(poller), 1);
        Sockets.shutdown(a[1], Sockets.SHUT_WR);
        assertEquals(Map.of(1L, Interest.READ | mode.peerClosed(poller)), poll(SECOND));
        assertEquals(0, receive(a[0], 10));
        closeNow(a[1]);
        if (mode.kind() == PollerKind.KQUEUE && mode.edge()) {
            // The end of the stream was the last change of the reading filter.
            return;
        }
        int events = poll(SECOND).get(1L);
        assertTrue((events & (Interest.HANGUP | Interest.READ)) != 0, Interest.describe(events));
        assertEquals(0, receive(a[0], 10));
    }

    @ParameterizedTest
    @MethodSource("all")
    void anEndWithDataLeftComesWithTheData(Mode mode) throws Exception {
        open(mode);
        int[] a = pair();
        add(a[0], Interest.READ | mode.peerClosed(poller), 1);
        send(a[1]);
        Sockets.shutdown(a[1], Sockets.SHUT_WR);
        assertEquals(Map.of(1L, Interest.READ | mode.peerClosed(poller)), poll(SECOND));
        assertEquals(SOME.length, receive(a[0], 10));
        assertEquals(0, receive(a[0], 10));
    }

    @ParameterizedTest
    @MethodSource("all")
    void hangupIsReportedThoughNobodyAsked(Mode mode) throws Exception {
        open(mode);
        Assumptions.assumeFalse(mode.kind() == PollerKind.SELECT, "select: nothing is told of who is in no set");
        Assumptions.assumeFalse(mode.kind() == PollerKind.KQUEUE, "kqueue: there is no filter for nothing");
        int[] a = pair();
        add(a[0], 0, 1);
        assertEquals(Map.of(), poll(0));
        closeNow(a[1]);
        int events = poll(SECOND).get(1L);
        assertTrue((events & Interest.HANGUP) != 0, Interest.describe(events));
    }

    @ParameterizedTest
    @MethodSource("all")
    void aRefusedConnectionIsWritableAndAnError(Mode mode) throws Exception {
        open(mode);
        byte[] nobody = SocketAddresses.encode(new InetSocketAddress("127.0.0.1", unusedPort()));
        int fd = tcp();
        assertEquals(-Errno.EINPROGRESS, Sockets.connect(fd, nobody, nobody.length));
        add(fd, Interest.WRITE, 1);
        int events = poll(SECOND).get(1L);
        assertTrue((events & Interest.WRITE) != 0, Interest.describe(events));
        boolean tells = mode.kind() != PollerKind.SELECT;
        assertEquals(tells, (events & (Interest.ERROR | Interest.HANGUP)) != 0, Interest.describe(events));
        int[] error = new int[1];
        Sockets.getsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_ERROR, error);
        assertEquals(Errno.ECONNREFUSED, error[0]);
    }

    @ParameterizedTest
    @MethodSource("all")
    void urgentDataIsPriority(Mode mode) throws Exception {
        open(mode);
        Assumptions.assumeTrue((poller.supports() & Interest.PRIORITY) != 0, mode + " has no PRIORITY");
        int[] a = tcpPair();
        add(a[0], Interest.PRIORITY, 1);
        send(a[1]);
        assertEquals(Map.of(), poll(0), "usual data is not urgent");
        assertEquals(1, Sockets.send(a[1], SOME, 0, 1, MSG_OOB));
        assertEquals(Map.of(1L, Interest.PRIORITY), poll(SECOND));
    }

    @ParameterizedTest
    @MethodSource("all")
    void aRegularFileIsAlwaysReady(Mode mode) throws Exception {
        open(mode);
        Assumptions.assumeFalse(mode.kind() == PollerKind.KQUEUE, "kqueue: a file is readable until its end");
        int file = opened(Files.openat2(Files.AT_FDCWD, "/proc/self/exe", Files.O_RDONLY | Files.O_CLOEXEC, 0));
        int[] a = pair();
        add(file, Interest.READ | Interest.WRITE, 1);
        add(a[0], Interest.READ, 2);
        assertEquals(Map.of(1L, Interest.READ | Interest.WRITE), poll(SECOND));
        send(a[1]);
        Map<Long, Integer> both = Map.of(1L, Interest.READ | Interest.WRITE, 2L, Interest.READ);
        assertEquals(mode.edge() ? Map.of(2L, Interest.READ) : both, poll(SECOND));
        modify(file, Interest.READ, 3);
        assertEquals(Interest.READ, poll(SECOND).get(3L));
        assertEquals(0, poller.remove(file));
        receive(a[0], 100);
        assertEquals(Map.of(), poll(0));
    }

    // ---- many ----

    @ParameterizedTest
    @MethodSource("all")
    void moreReadyThanFitAreFoundByTheNextCalls(Mode mode) throws Exception {
        open(mode);
        int many = 200;
        for (int i = 0; i < many; i++) {
            int[] a = pair();
            add(a[0], Interest.READ, i);
            send(a[1]);
        }
        // Nothing is read: who repeats himself with level trigger must not keep the others from being seen.
        Map<Long, Integer> found = new HashMap<>();
        for (int i = 0; i < 10; i++) {
            found.putAll(poll(SECOND));
            assertTrue(ready.count() <= ready.capacity());
        }
        assertEquals(many, found.size());
        assertEquals(mode.edge(), poll(0).isEmpty());
    }

    @ParameterizedTest
    @MethodSource("all")
    void tenThousandDescriptors(Mode mode) throws Exception {
        open(mode);
        long[] limits = new long[2];
        Descriptors.getrlimit(Descriptors.RLIMIT_NOFILE, limits);
        int pairs = (int) Math.min(5000, (limits[0] - 500) / 2);
        Assumptions.assumeTrue(pairs > 100, "descriptor limit " + limits[0]);
        int[] first = null;
        int[] last = null;
        for (int i = 0; i < pairs; i++) {
            last = pair();
            first = first == null ? last : first;
            add(last[0], Interest.READ, i);
            add(last[1], Interest.READ, pairs + i);
        }
        assertEquals(Map.of(), poll(0));
        send(last[1]);
        send(first[0]);
        assertEquals(Map.of((long) pairs - 1, Interest.READ, (long) pairs, Interest.READ), poll(SECOND));
        assertEquals(SOME.length, receive(last[0], 10));
        assertEquals(SOME.length, receive(first[1], 10));
        assertEquals(Map.of(), poll(0));
    }

    // ---- waking up ----

    @ParameterizedTest
    @MethodSource("all")
    void wakeupFromAnotherThreadEndsAWait(Mode mode) throws Exception {
        open(mode);
        add(pair()[0], Interest.READ, 1);
        for (int i = 0; i < 20; i++) {
            Thread waker = Thread.ofPlatform().start(poller::wakeup);
            assertWoken();
            waker.join();
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void manyWakeupsBeforeAWaitAreOne(Mode mode) throws Exception {
        open(mode);
        for (int i = 0; i < 1000; i++) {
            poller.wakeup();
        }
        assertWoken();
        long start = System.nanoTime();
        poll(2_000_000);
        assertTrue(System.nanoTime() - start >= 2_000_000, "and only once");
        poller.wakeup();
        assertWoken();
    }

    @ParameterizedTest
    @MethodSource("all")
    void wakeupAfterCloseIsHarmless(Mode mode) throws Exception {
        open(mode);
        poll(0);
        poller.close();
        int[] a = pair();
        poller.wakeup();
        assertEquals(-Errno.EAGAIN, receive(a[0], 8), "nobody wrote into the socket that got the eventfd's number");
        assertEquals(-Errno.EAGAIN, receive(a[1], 8));
        poller.close();
    }

    @ParameterizedTest
    @MethodSource("all")
    void anInterruptedWaitReturnsNothing(Mode mode) throws Exception {
        open(mode);
        add(pair()[0], Interest.READ, 1);
        int thread = ThreadSignals.thread();
        AtomicBoolean over = new AtomicBoolean();
        Thread interrupter = Thread.ofPlatform().start(() -> {
            while (!over.get()) {
                // The JVM has a handler that does nothing; no wait is restarted after a handler (signal(7)).
                ThreadSignals.send(thread, SIGPIPE);
                Thread.onSpinWait();
            }
        });
        assertWoken();
        over.set(true);
        interrupter.join();
    }

    @ParameterizedTest
    @MethodSource("all")
    void timeoutsBeyondTheMechanismsRangeAreClamped(Mode mode) throws Exception {
        open(mode);
        int[] a = pair();
        add(a[0], Interest.READ, 1);
        send(a[1]);
        assertEquals(Map.of(1L, Interest.READ), poll(Long.MAX_VALUE));
    }

    // ---- what only some have ----

    @ParameterizedTest
    @MethodSource("all")
    void exclusiveAmongTwoPollersWakesOneForOneArrival(Mode mode) throws Exception {
        open(mode);
        int[] a = pair();
        int interest = mode.with(Interest.READ | Interest.EXCLUSIVE);
        if ((poller.supports() & Interest.EXCLUSIVE) == 0) {
            assertEquals(-Errno.EINVAL, poller.add(a[0], interest, 1));
            assertEquals(mode.kind().word() + " has no EXCLUSIVE", poller.whyNot(a[0], interest));
            return;
        }
        try (Poller other = Pollers.open(mode.kind(), 8)) {
            assertEquals(0, poller.add(a[0], interest, 1));
            assertEquals(0, other.add(a[0], interest, 1));
            assertEquals(interest, poller.registeredInterest(a[0]));
            assertEquals(-Errno.EINVAL, poller.modify(a[0], interest, 1), "cannot be modified");
            send(a[1]);
            assertTrue(poll(0).size() + other.poll(0, new Ready(8)) >= 1);
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void combinationsThatTheKernelRefusesAreRefusedWithTheReason(Mode mode) throws Exception {
        open(mode);
        Assumptions.assumeTrue((poller.supports() & Interest.EXCLUSIVE) != 0, mode + " has no EXCLUSIVE");
        int fd = pair()[0];
        for (int not : new int[] {Interest.ONE_SHOT, Interest.PEER_CLOSED, Interest.PRIORITY}) {
            int interest = mode.with(Interest.READ | Interest.EXCLUSIVE | not);
            assertEquals(-Errno.EINVAL, poller.add(fd, interest, 1), Interest.describe(interest));
            String why = poller.whyNot(fd, interest);
            assertNotNull(why);
            assertTrue(why.contains(Interest.describe(not)), why);
        }
        int allowed = mode.with(Interest.READ | Interest.WRITE | Interest.EXCLUSIVE | Interest.WAKEUP);
        assertNull(poller.whyNot(fd, allowed));
        assertEquals(0, poller.add(fd, allowed, 1));
    }

    @ParameterizedTest
    @MethodSource("all")
    void keepingTheMachineAwakeIsDroppedSilentlyAndSaysSo(Mode mode) throws Exception {
        open(mode);
        Assumptions.assumeTrue((poller.supports() & Interest.WAKEUP) != 0, mode + " has no WAKEUP");
        int[] a = pair();
        add(a[0], Interest.READ | Interest.WAKEUP, 1);
        int force = poller.registeredInterest(a[0]);
        assertEquals(mode.with(Interest.READ), force & ~Interest.WAKEUP, Interest.describe(force));
        assertFalse(mode.edge() && (force & Interest.ONE_SHOT) != 0);
        send(a[1]);
        assertEquals(Map.of(1L, Interest.READ), poll(SECOND), "and it reports all the same");
    }
}
