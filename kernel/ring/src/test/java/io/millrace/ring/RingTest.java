// SPDX-License-Identifier: Apache-2.0
package io.millrace.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Epoll;
import io.millrace.sys.Errno;
import io.millrace.sys.Sockets;
import io.millrace.sys.Uring;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The queues, the buffers and their edges, against the kernel of this machine. */
@Timeout(60)
class RingTest {
    private static final long SECOND = 1_000_000_000L;

    private final int[] pair = new int[2];
    private Ring ring;

    private record Completion(long data, int result, int flags) {
        boolean more() {
            return (flags & Uring.IORING_CQE_F_MORE) != 0;
        }
    }

    @BeforeEach
    void open() throws Exception {
        Probe probe = Probe.host();
        Assumptions.assumeTrue(probe.available(), probe.whyNot());
        ring = LinuxRing.open(8, 16);
        assertEquals(0, ring.enable());
        int type = Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC;
        assertEquals(0, Sockets.socketpair(Sockets.AF_UNIX, type, 0, pair));
    }

    @AfterEach
    void close() {
        if (ring != null) {
            ring.close();
            Descriptors.close(pair[0]);
            Descriptors.close(pair[1]);
        }
    }

    /** Waits for at least that many completions and takes all there are. */
    private List<Completion> take(int least) {
        List<Completion> taken = new ArrayList<>();
        long end = System.nanoTime() + 20 * SECOND;
        while (taken.size() < least) {
            assertTrue(System.nanoTime() < end, "only " + taken);
            int result = ring.submitAndWait(least - taken.size(), SECOND);
            assertTrue(result >= 0 || result == -Errno.ETIME || result == -Errno.EINTR, Errno.describe(result));
            CompletionQueue queue = ring.completions();
            while (queue.ready() > 0) {
                queue.look();
                taken.add(new Completion(queue.data(), queue.result(), queue.flags()));
                queue.done();
            }
        }
        return taken;
    }

    private Completion takeOne() {
        List<Completion> taken = take(1);
        assertEquals(1, taken.size(), taken.toString());
        return taken.get(0);
    }

    private void write(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        assertEquals(bytes.length, Sockets.send(pair[1], bytes, 0, bytes.length, Sockets.MSG_NOSIGNAL));
    }

    @Test
    void entriesCompleteInOrderAroundTheQueueManyTimes() {
        for (int round = 0; round < 50; round++) {
            for (int i = 0; i < 5; i++) {
                ring.submissions().next().nop(round * 5 + i);
            }
            List<Completion> done = take(5);
            for (int i = 0; i < 5; i++) {
                assertEquals(new Completion(round * 5 + i, 0, 0), done.get(i));
            }
        }
        assertEquals(0, ring.submissions().pending());
    }

    @Test
    void aFullQueueSaysSo() {
        for (int i = 0; i < ring.submissions().size(); i++) {
            assertFalse(ring.submissions().isFull());
            ring.submissions().next().nop(i);
        }
        assertTrue(ring.submissions().isFull());
        assertEquals(8, ring.submit());
        assertFalse(ring.submissions().isFull());
    }

    @Test
    void completionsBeyondTheQueueAreKeptByTheKernelInOrder() {
        int many = 100;
        for (int i = 0; i < many; i++) {
            if (ring.submissions().isFull()) {
                ring.submit();
            }
            ring.submissions().next().nop(i);
        }
        ring.submit();
        assertTrue(ring.submissions().overflowed());
        List<Completion> done = new ArrayList<>();
        while (done.size() < many) {
            done.addAll(take(1));
        }
        for (int i = 0; i < many; i++) {
            assertEquals(i, done.get(i).data());
        }
        assertFalse(ring.submissions().overflowed());
        assertEquals(0, ring.completions().lost());
    }

    @Test
    void waitingEndsWhenTimeIsUp() {
        long start = System.nanoTime();
        assertEquals(-Errno.ETIME, ring.submitAndWait(1, 30_000_000));
        assertTrue(System.nanoTime() - start >= 30_000_000);
        assertEquals(0, ring.submitAndWait(0, 0));
    }

    @Test
    void anotherThreadIsRefused() throws Exception {
        AtomicInteger result = new AtomicInteger();
        ring.submissions().next().nop(1);
        Thread other = Thread.ofPlatform().start(() -> result.set(ring.submit()));
        other.join();
        assertEquals(-Errno.EEXIST, result.get());
        assertEquals(1, takeOne().data());
    }

    @Test
    void aPollIsToldOnceAndAMultishotPollEachTime() {
        ring.submissions().next().poll(pair[0], Epoll.EPOLLIN, 1);
        write("a");
        assertEquals(new Completion(1, Epoll.EPOLLIN, 0), takeOne());
        ring.submissions().next().pollMultishot(pair[0], Epoll.EPOLLIN, 2);
        assertTrue(takeOne().more());
        write("b");
        Completion second = takeOne();
        assertEquals(2, second.data());
        assertTrue(second.more());
    }

    @Test
    void aPollForNothingHearsOfTheEnd() {
        ring.submissions().next().poll(pair[0], 0, 1);
        write("unread");
        assertEquals(1, ring.submit());
        assertEquals(-Errno.ETIME, ring.submitAndWait(1, 20_000_000));
        Descriptors.close(pair[1]);
        assertTrue((takeOne().result() & Epoll.EPOLLHUP) != 0);
    }

    @Test
    void whatIsCancelledCompletesAsCancelled() {
        ring.submissions().next().poll(pair[0], Epoll.EPOLLIN, 7);
        ring.submissions().next().cancel(7, 8);
        List<Completion> done = take(2);
        assertTrue(done.contains(new Completion(7, -Errno.ECANCELED, 0)), done.toString());
        assertTrue(done.contains(new Completion(8, 0, 0)), done.toString());
        ring.submissions().next().cancel(7, 9);
        assertEquals(new Completion(9, -Errno.ENOENT, 0), takeOne());
    }

    private String text(BufferRing buffers, Completion completion) {
        byte[] bytes = new byte[completion.result()];
        MemorySegment.copy(
                buffers.memory(), ValueLayout.JAVA_BYTE, buffers.offset(completion.flags()), bytes, 0, bytes.length);
        buffers.release(completion.flags(), bytes.length);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void oneReceiveTakesAllThatComesAndTheEnd(boolean incremental) throws Exception {
        BufferRing buffers = ring.buffers(0, 2, 4096, incremental);
        ring.submissions().next().receiveMultishot(pair[0], 0, 5);
        // More than all buffers together hold, piece by piece.
        for (int i = 0; i < 300; i++) {
            String piece = i + ":" + "x".repeat(i);
            write(piece);
            StringBuilder got = new StringBuilder();
            while (got.length() < piece.length()) {
                for (Completion completion : take(1)) {
                    assertTrue(completion.more(), "goes on");
                    got.append(text(buffers, completion));
                }
            }
            assertEquals(piece, got.toString());
        }
        Sockets.shutdown(pair[1], Sockets.SHUT_WR);
        Completion end = takeOne();
        assertEquals(0, end.result());
        assertFalse(end.more());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void usedUpBuffersEndTheReceiveAndItGoesOnWithFreshOnes(boolean incremental) throws Exception {
        BufferRing buffers = ring.buffers(0, 2, 64, incremental);
        byte[] much = new byte[1000];
        for (int i = 0; i < much.length; i++) {
            much[i] = (byte) ('a' + i % 26);
        }
        write(new String(much, StandardCharsets.ISO_8859_1));
        StringBuilder got = new StringBuilder();
        int starved = 0;
        while (got.length() < much.length) {
            ring.submissions().next().receiveMultishot(pair[0], 0, 5);
            boolean more = true;
            while (more) {
                for (Completion completion : take(1)) {
                    more = completion.more();
                    if (completion.result() == -Errno.ENOBUFS) {
                        starved++;
                    } else {
                        got.append(text(buffers, completion));
                    }
                }
                if (got.length() == much.length) {
                    break;
                }
            }
        }
        assertEquals(new String(much, StandardCharsets.ISO_8859_1), got.toString());
        assertTrue(starved > 0, "two buffers of 64 bytes are not enough for 1000");
    }

    @Test
    void aSendThatMustNotWaitHasHappenedWhenItIsSubmitted() throws Exception {
        long address = Uring.allocate(1 << 20);
        MemorySegment memory = Uring.memory(address, 1 << 20);
        int flags = Sockets.MSG_DONTWAIT | Sockets.MSG_NOSIGNAL;
        ring.submissions().next().send(pair[0], address, 1 << 20, flags, 1);
        assertEquals(1, ring.submit());
        memory.fill((byte) 'x');
        int taken = takeOne().result();
        assertTrue(taken > 0 && taken < 1 << 20, "some of it: " + taken);
        byte[] got = new byte[taken];
        int n = Sockets.recv(pair[1], got, 0, taken, 0);
        for (int i = 0; i < n; i++) {
            assertEquals(0, got[i], "what was there at the time");
        }
        ring.submissions().next().send(pair[0], address, 1 << 20, flags, 2);
        ring.submissions().next().send(pair[0], address, 1 << 20, flags, 3);
        List<Completion> done = take(2);
        assertEquals(-Errno.EAGAIN, done.get(1).result(), "full");
        Uring.unmap(address, 1 << 20);
    }
}
