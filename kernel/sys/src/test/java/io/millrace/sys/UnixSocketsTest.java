// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.sys.UnixSockets.Rights;
import java.io.File;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Descriptors that travel, as the kernel hands them over. */
class UnixSocketsTest {
    private final int[] pair = new int[2];
    private int before;

    @BeforeEach
    void open() {
        // Loads and links what the tests use: that opens files, which must not be counted.
        Sockets.setsockopt(-1, 0, 0, 0);
        UnixSockets.send(-1, new byte[1], 0, 1, new Rights(0));
        before = new File("/proc/self/fd").list().length;
        assertEquals(0, Sockets.socketpair(Sockets.AF_UNIX, Sockets.SOCK_STREAM, 0, pair));
    }

    @AfterEach
    void close() {
        Descriptors.close(pair[0]);
        Descriptors.close(pair[1]);
        assertEquals(before, new File("/proc/self/fd").list().length, "descriptors left");
    }

    private static Rights rights(int count) {
        Rights rights = new Rights(count);
        for (int i = 0; i < count; i++) {
            rights.descriptors[i] = Descriptors.eventfd(i + 1, 0);
            rights.count++;
        }
        return rights;
    }

    private static void release(Rights rights) {
        for (int i = 0; i < rights.count; i++) {
            assertEquals(0, Descriptors.close(rights.descriptors[i]));
        }
    }

    private void send(Rights rights) {
        assertEquals(3, UnixSockets.send(pair[0], new byte[] {9, 1, 2, 3}, 1, 3, rights));
        release(rights);
    }

    @Test
    void arriveOpenAndClosedOnExec() {
        for (int count : new int[] {0, 1, 2, UnixSockets.SCM_MAX_FD}) {
            send(rights(count));
            Rights got = new Rights(UnixSockets.SCM_MAX_FD);
            byte[] bytes = new byte[10];
            assertEquals(3, UnixSockets.receive(pair[1], bytes, 2, 8, got));
            assertEquals(3, bytes[4]);
            assertEquals(count, got.count);
            assertFalse(got.truncated);
            for (int i = 0; i < count; i++) {
                assertEquals(Descriptors.FD_CLOEXEC, Descriptors.fcntl(got.descriptors[i], Descriptors.F_GETFD, 0));
            }
            release(got);
        }
    }

    /** An odd number of places leaves padding in the control message: the kernel must not fill that, too. */
    @Test
    void moreThanThereIsRoomForAreDroppedAndSaid() {
        for (int room : new int[] {0, 1, 2, 3}) {
            send(rights(5));
            Rights got = new Rights(room);
            assertEquals(3, UnixSockets.receive(pair[1], new byte[10], 0, 10, got));
            assertEquals(room, got.count);
            assertTrue(got.truncated);
            release(got);
        }
    }

    @Test
    void tooManyAreRefused() {
        Rights rights = rights(UnixSockets.SCM_MAX_FD + 1);
        assertEquals(-Errno.EINVAL, UnixSockets.send(pair[0], new byte[1], 0, 1, rights));
        release(rights);
    }

    @Test
    void saysWhoIsAtTheOtherEnd() {
        int[] who = new int[3];
        assertEquals(0, UnixSockets.credentials(pair[0], who));
        assertEquals(ProcessHandle.current().pid(), who[0]);
        int event = Descriptors.eventfd(0, 0);
        assertEquals(-Errno.ENOTSOCK, UnixSockets.credentials(event, who));
        Descriptors.close(event);
    }
}
