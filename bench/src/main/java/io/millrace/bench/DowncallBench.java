// SPDX-License-Identifier: Apache-2.0
package io.millrace.bench;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Sockets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * System calls with next to no work in the kernel, so that what is left is the way there and back. {@link #ordinary}
 * pays for the thread's change of state, {@link #critical} does not but for the lookup of a socket.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class DowncallBench {
    private final int[] pair = new int[2];
    private final byte[] bytes = new byte[64];

    /** Opens two connected sockets on which nothing is ever sent. */
    @Setup
    public void open() {
        int result = Sockets.socketpair(Sockets.AF_UNIX, Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK, 0, pair);
        if (result < 0) {
            throw new IllegalStateException("socketpair: " + result);
        }
        if (critical() != -Errno.EAGAIN) {
            throw new IllegalStateException("recv: " + critical());
        }
    }

    /** Closes the sockets. */
    @TearDown
    public void close() {
        Descriptors.close(pair[0]);
        Descriptors.close(pair[1]);
    }

    /** recv(2) into a heap array from a socket that has nothing: a critical call. */
    @Benchmark
    public int critical() {
        return Sockets.recv(pair[0], bytes, 0, bytes.length, 0);
    }

    /** fcntl(2) F_GETFD: a call that is not critical. */
    @Benchmark
    public int ordinary() {
        return Descriptors.fcntl(pair[0], Descriptors.F_GETFD, 0);
    }

    /** fcntl(2) on no descriptor at all: the shortest way that a failing call can take. */
    @Benchmark
    public int failing() {
        return Descriptors.fcntl(-1, Descriptors.F_GETFD, 0);
    }
}
