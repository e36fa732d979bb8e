// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Sockets;
import java.util.ArrayList;
import java.util.List;

/**
 * Connected pairs of sockets for tests of what is watched: both ends in the hands of the test. Closes what is left
 * open.
 */
final class Pairs implements AutoCloseable {
    private static final int AF_UNIX = 1;

    private final List<Integer> open = new ArrayList<>();

    /** Two ends, neither of which blocks. */
    int[] pair() {
        int[] ends = new int[2];
        int type = Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC;
        assertEquals(0, Sockets.socketpair(AF_UNIX, type, 0, ends));
        open.add(ends[0]);
        open.add(ends[1]);
        return ends;
    }

    /** A number for a test to close by {@link #close(int)}. */
    int owned(int fd) {
        open.add(fd);
        return fd;
    }

    void close(int fd) {
        open.remove((Integer) fd);
        Descriptors.close(fd);
    }

    static void write(int fd, int bytes) {
        assertEquals(bytes, Sockets.send(fd, new byte[bytes], 0, bytes, Sockets.MSG_NOSIGNAL));
    }

    /** Up to that many bytes: how many came, 0 at the end, -errno. */
    static int read(int fd, int most) {
        return Sockets.recv(fd, new byte[most], 0, most, 0);
    }

    /** Writes until nothing more fits: how many bytes that were. */
    static long fill(int fd) {
        byte[] bytes = new byte[4096];
        long sum = 0;
        int n;
        while ((n = Sockets.send(fd, bytes, 0, bytes.length, Sockets.MSG_NOSIGNAL)) > 0) {
            sum += n;
        }
        assertEquals(-Errno.EAGAIN, n);
        return sum;
    }

    /** Reads until nothing is left: how many bytes that were. */
    static long drain(int fd) {
        long sum = 0;
        int n;
        while ((n = read(fd, 4096)) > 0) {
            sum += n;
        }
        return sum;
    }

    @Override
    public void close() {
        open.forEach(Descriptors::close);
    }
}
