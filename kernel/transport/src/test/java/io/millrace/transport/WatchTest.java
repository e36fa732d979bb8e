// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static io.millrace.poll.Interest.EDGE;
import static io.millrace.poll.Interest.HANGUP;
import static io.millrace.poll.Interest.PEER_CLOSED;
import static io.millrace.poll.Interest.READ;
import static io.millrace.poll.Interest.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.millrace.loop.Event;
import io.millrace.loop.EventLoop;
import io.millrace.loop.RunEnd;
import io.millrace.loop.RunMode;
import io.millrace.loop.Watch;
import io.millrace.socket.Kernel;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Sockets;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What happens to descriptors, told on the loop. The names in brackets are those of libevent's regression suite. */
@Timeout(60)
@ParameterizedClass
@MethodSource("contenders")
class WatchTest extends OverEveryDriver {
    private static final long SECOND = 1_000_000_000L;

    private final Pairs pairs = new Pairs();
    private final List<String> told = new ArrayList<>();
    private EventLoop loop;

    @BeforeEach
    void open() throws Exception {
        loop = new EventLoop(Kernel.host(), "test loop", contender);
    }

    @AfterEach
    void close() {
        if (loop != null) {
            loop.close();
        }
        pairs.close();
    }

    private Watch watch(String name, int fd, int interest) {
        return loop.watch(fd, interest, (watch, found) -> told.add(name + " " + words(found)));
    }

    /** select and poll know levels only: a watch that asks for edges is refused there, and that ends the case. */
    private boolean edgesAreRefused() {
        if (contender != Engine.SELECT && contender != Engine.POLL) {
            return false;
        }
        Watch edge = watch("edge", pairs.pair()[0], READ | EDGE);
        assertEquals(-Errno.EINVAL, edge.enable());
        assertFalse(edge.isEnabled());
        assertEquals(contender + " has no EDGE", edge.whyNot());
        return true;
    }

    /** The end of both directions: kqueue tells of each direction by itself (EV_EOF). */
    private boolean tellsHangUps() {
        return contender != Engine.KQUEUE_LEVEL && contender != Engine.KQUEUE_EDGE;
    }

    private static String words(int found) {
        String text = "";
        text += (found & READ) != 0 ? "R" : "";
        text += (found & WRITE) != 0 ? "W" : "";
        text += (found & PEER_CLOSED) != 0 ? "C" : "";
        text += (found & HANGUP) != 0 ? "H" : "";
        text += (found & Event.TIMEOUT) != 0 ? "T" : "";
        text += (found & Event.ACTIVATED) != 0 ? "A" : "";
        return text;
    }

    private void turns(int count) {
        for (int i = 0; i < count; i++) {
            loop.turn(0);
        }
    }

    private List<String> heard() {
        List<String> all = List.copyOf(told);
        told.clear();
        return all;
    }

    // ---- reading and writing ----

    /** [simpleread] */
    @Test
    void aReaderIsToldWhatComes() {
        int[] ends = pairs.pair();
        Watch reader = watch("reader", ends[0], READ);
        assertEquals(0, reader.enable());
        turns(2);
        assertEquals(List.of(), heard());
        Pairs.write(ends[1], 5);
        turns(1);
        assertEquals(List.of("reader R"), heard());
        assertEquals(5, Pairs.read(ends[0], 100));
        turns(2);
        assertEquals(List.of(), heard());
    }

    /** [simplewrite] */
    @Test
    void aWriterIsToldOfRoom() {
        int[] ends = pairs.pair();
        assertEquals(0, watch("writer", ends[0], WRITE).enable());
        turns(1);
        assertEquals(List.of("writer W"), heard());
        Pairs.fill(ends[0]);
        turns(2);
        assertEquals(List.of(), heard());
        Pairs.drain(ends[1]);
        turns(1);
        assertEquals(List.of("writer W"), heard());
    }

    /** [et] the edge is told once, the level as long as it lasts. */
    @Test
    void anEdgeIsToldOnceAndALevelAsLongAsItLasts() {
        if (edgesAreRefused()) {
            return;
        }
        int[] level = pairs.pair();
        int[] edge = pairs.pair();
        assertEquals(0, watch("level", level[0], READ).enable());
        assertEquals(0, watch("edge", edge[0], READ | EDGE).enable());
        Pairs.write(level[1], 3);
        Pairs.write(edge[1], 3);
        turns(1);
        assertEquals(List.of("edge R", "level R"), heard().stream().sorted().toList());
        turns(2);
        assertEquals(List.of("level R", "level R"), heard());
    }

    /** [et_mix_error] */
    @Test
    void edgeAndLevelOnOneDescriptorAreRefused() {
        if (edgesAreRefused()) {
            return;
        }
        int[] ends = pairs.pair();
        assertEquals(0, watch("level", ends[0], READ).enable());
        Watch edge = watch("edge", ends[0], WRITE | EDGE);
        assertThrows(IllegalStateException.class, edge::enable);
        assertFalse(edge.isEnabled());
        edge.disable();
        Pairs.write(ends[1], 1);
        turns(1);
        assertEquals(List.of("level R"), heard());
    }

    /** [et_multiple_events] */
    @Test
    void theOtherWatchStaysEdgeTriggeredWhenOneGoes() {
        if (edgesAreRefused()) {
            return;
        }
        int[] ends = pairs.pair();
        Watch reader = watch("reader", ends[0], READ | EDGE);
        assertEquals(0, reader.enable());
        assertEquals(0, watch("writer", ends[0], WRITE | EDGE).enable());
        turns(1);
        assertEquals(List.of("writer W"), heard());
        reader.disable();
        turns(1);
        // The change makes the kernel report anew (epoll_ctl(2)), once.
        heard();
        turns(2);
        assertEquals(List.of(), heard());
    }

    /** [multiple_events_for_same_fd] */
    @Test
    void severalWatchesOnOneDescriptorAreToldTheirOwn() {
        int[] ends = pairs.pair();
        Watch first = watch("first", ends[0], READ);
        Watch second = watch("second", ends[0], READ | WRITE);
        assertEquals(0, first.enable());
        assertEquals(0, second.enable());
        assertEquals(0, watch("writer", ends[0], WRITE).enable());
        Pairs.write(ends[1], 1);
        turns(1);
        assertEquals(
                List.of("first R", "second RW", "writer W"),
                heard().stream().sorted().toList());
        second.disable();
        turns(1);
        assertEquals(List.of("first R", "writer W"), heard().stream().sorted().toList());
        first.disable();
        turns(1);
        assertEquals(List.of("writer W"), heard());
    }

    /** [want_only_once] */
    @Test
    void onceIsOnceUntilEnabledAgain() {
        int[] ends = pairs.pair();
        Watch once = watch("once", ends[0], READ).once();
        assertEquals(0, once.enable());
        Pairs.write(ends[1], 1);
        turns(3);
        assertEquals(List.of("once R"), heard());
        assertFalse(once.isEnabled());
        assertEquals(0, once.enable());
        turns(3);
        assertEquals(List.of("once R"), heard());
    }

    /** [multiple, persistent, combined] */
    @Test
    void aWholeTransferBothWays() {
        int[] ends = pairs.pair();
        long[] left = {1_000_000, 1_000_000};
        long[] came = new long[2];
        for (int side = 0; side < 2; side++) {
            int mine = side;
            Watch writer = loop.watch(ends[mine], WRITE, (watch, found) -> {
                int n = Sockets.send(watch.descriptor(), new byte[8192], 0, (int) Math.min(8192, left[mine]), 0);
                left[mine] -= Math.max(0, n);
                if (left[mine] == 0) {
                    watch.disable();
                    Sockets.shutdown(watch.descriptor(), Sockets.SHUT_WR);
                }
            });
            Watch reader = loop.watch(ends[mine], READ, (watch, found) -> {
                int n = Pairs.read(watch.descriptor(), 4096);
                came[mine] += Math.max(0, n);
                if (n == 0) {
                    watch.disable();
                }
            });
            assertEquals(0, writer.enable());
            assertEquals(0, reader.enable());
        }
        assertEquals(RunEnd.EMPTY, loop.run(RunMode.UNTIL_EMPTY));
        assertEquals(1_000_000, came[0]);
        assertEquals(1_000_000, came[1]);
    }

    /** [nonpersist_readd] */
    @Test
    void aWatchEnabledByTheOthersCallbackIsPending() {
        int[] ends = pairs.pair();
        Watch[] both = new Watch[2];
        for (int i = 0; i < 2; i++) {
            int other = 1 - i;
            both[i] = loop.watch(ends[i], READ, (watch, found) -> assertEquals(0, both[other].enable()))
                    .once();
            assertEquals(0, both[i].enable());
        }
        Pairs.write(ends[0], 1);
        Pairs.write(ends[1], 1);
        loop.turn(0);
        assertEquals(1, loop.monitor().enabled());
        loop.turn(0);
        assertEquals(1, loop.monitor().enabled());
    }

    /** [many_events, many_events_slow_add] */
    @Test
    void manyDescriptorsAreToldInOneTurn() {
        for (int i = 0; i < 70; i++) {
            assertEquals(0, watch("many", pairs.pair()[0], WRITE).once().enable());
        }
        turns(1);
        assertEquals(70, heard().size());
        assertEquals(0, loop.monitor().enabled());
    }

    /** [event_once] by a descriptor, by time and at once. */
    @Test
    void aClosureIsCalledOnce() {
        int[] ends = pairs.pair();
        assertEquals(0, loop.once(ends[0], READ, Duration.ofHours(1), found -> told.add("read " + words(found))));
        assertEquals(0, loop.once(-1, 0, Duration.ZERO, found -> told.add("at once " + words(found))));
        assertEquals(0, loop.once(-1, 0, Duration.ofMillis(2), found -> told.add("time " + words(found))));
        loop.schedule(Duration.ofMillis(10), () -> Pairs.write(ends[1], 1));
        assertEquals(RunEnd.EMPTY, loop.run(RunMode.UNTIL_EMPTY));
        assertEquals(List.of("at once T", "time T", "read R"), heard());
    }

    // ---- ends ----

    /** [simpleclose_close, simpleclose_shutdown, with _persist and _et] */
    @Test
    void theEndIsToldWithoutReading() {
        if (contender == Engine.SELECT) {
            // Its sets tell of an end as something to read only (select(2)).
            Watch closed = watch("closed", pairs.pair()[0], PEER_CLOSED);
            assertEquals(-Errno.EINVAL, closed.enable());
            assertEquals("select has no PEER_CLOSED", closed.whyNot());
            return;
        }
        for (int mode : edgesAreRefused() ? new int[] {0} : new int[] {0, EDGE}) {
            for (boolean whole : new boolean[] {true, false}) {
                int[] ends = pairs.pair();
                Watch closed = watch("closed", ends[0], PEER_CLOSED | mode).once();
                assertEquals(0, closed.enable());
                Pairs.write(ends[1], 10);
                turns(2);
                assertEquals(List.of(), heard());
                if (whole) {
                    pairs.close(ends[1]);
                } else {
                    Sockets.shutdown(ends[1], Sockets.SHUT_WR);
                }
                turns(2);
                assertEquals(List.of(whole && tellsHangUps() ? "closed CH" : "closed C"), heard());
                assertEquals(10, Pairs.read(ends[0], 100));
            }
        }
    }

    /** [simpleclose_rw] */
    @Test
    void theEndIsSeenByAReaderAndByAWriterOnAFullSocket() {
        int[] ends = pairs.pair();
        Pairs.fill(ends[0]);
        assertEquals(0, watch("reader", ends[0], READ).once().enable());
        assertEquals(0, watch("writer", ends[0], WRITE).once().enable());
        turns(1);
        assertEquals(List.of(), heard());
        pairs.close(ends[1]);
        turns(2);
        String hangUp = contender == Engine.SELECT ? "" : "H";
        assertEquals(
                List.of("reader R" + hangUp, "writer W" + hangUp),
                heard().stream().sorted().toList());
    }

    /** [dup_fd] */
    @Test
    void aNumberThatCameBackIsTheNewDescriptor() {
        int[] first = pairs.pair();
        int[] second = pairs.pair();
        Watch old = watch("old", first[0], READ);
        assertEquals(0, old.enable());
        int number = first[0];
        pairs.close(first[0]);
        assertEquals(number, pairs.owned(Descriptors.dup(second[0])));
        Watch fresh = watch("fresh", number, READ | WRITE);
        assertEquals(0, fresh.enable());
        old.disable();
        turns(1);
        assertEquals(List.of("fresh W"), heard());
        Pairs.write(second[1], 1);
        turns(1);
        assertEquals(List.of("fresh RW"), heard());
    }

    /** [evmap_invalid_slots, bad_assign] */
    @Test
    void whatIsNoDescriptorIsRefused() {
        assertEquals(-Errno.EBADF, watch("far", Integer.MAX_VALUE, READ).enable());
        int[] ends = pairs.pair();
        pairs.close(ends[0]);
        assertEquals(-Errno.EBADF, watch("closed", ends[0], READ).enable());
    }

    /** A counter (eventfd(2)) is a file like any other, but signals are sent for some kinds only. */
    @Test
    void whatIsNoSocketIsWatchedOrRefusedWithTheReason() {
        int counter = pairs.owned(Descriptors.eventfd(0, Descriptors.EFD_NONBLOCK | Descriptors.EFD_CLOEXEC));
        Watch reader = watch("counter", counter, READ).once();
        if (contender == Engine.SIGIO) {
            assertEquals(-Errno.EPERM, reader.enable());
            assertTrue(reader.whyNot().startsWith("signals are sent for sockets"), reader.whyNot());
            return;
        }
        assertNull(reader.whyNot());
        assertEquals(0, reader.enable());
        turns(2);
        assertEquals(List.of(), heard());
        Descriptors.signal(counter);
        turns(2);
        assertEquals(List.of("counter R"), heard());
    }

    // ---- by hand and by time ----

    /** [manipulate_active_events] */
    @Test
    void activationsAddUp() {
        Watch watch = watch("user", -1, 0);
        watch.activate(READ);
        watch.activate(WRITE);
        watch.activate();
        assertTrue(watch.isActive());
        turns(2);
        assertEquals(List.of("user RWA"), heard());
        watch.activate();
        watch.disable();
        turns(2);
        assertEquals(List.of(), heard());
    }

    /** [event_timeout_lost] */
    @Test
    void whatComesWithTheTimeoutIsToldWithIt() throws Exception {
        int[] ends = pairs.pair();
        Watch both = watch("both", ends[0], READ).timeout(Duration.ofMillis(1)).once();
        assertEquals(0, both.enable());
        Pairs.write(ends[1], 1);
        Thread.sleep(5);
        turns(2);
        assertEquals(List.of("both RT"), heard());
        assertEquals(-1, both.remaining());
    }

    /** The way of an event from the kernel to its callback makes no garbage. */
    @Test
    void anEventAllocatesNothing() {
        int[] calls = new int[1];
        Watch writer =
                loop.watch(pairs.pair()[0], WRITE, (watch, found) -> calls[0]++).timeout(Duration.ofHours(1));
        assertEquals(0, writer.enable());
        loop.timer(() -> calls[0]++).every(Duration.ofNanos(100));
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        // Until the JIT compiler is done with it, which on a busy machine takes its time.
        for (long end = System.nanoTime() + 30 * SECOND; least >= 10_000 && System.nanoTime() < end; ) {
            long before = threads.getCurrentThreadAllocatedBytes();
            turns(10_000);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertTrue(calls[0] >= 10_000);
        assertTrue(least < 10_000, least + " bytes in 10,000 turns");
    }
}
