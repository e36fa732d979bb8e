// SPDX-License-Identifier: Apache-2.0
package io.millrace.bench;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import io.millrace.core.Protocol;
import io.millrace.http1.Http1Factory;
import io.millrace.testkit.SinkLink;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A request from its first byte to the last of its answer, without any kernel: all that HTTP/1.1 costs. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class ExchangeBench {
    private static final int DEPTH = 16;
    private static final byte[] HELLO = Ascii.bytes("Hello, World!");

    /** Who asks. */
    @Param
    public Heads head;

    private final SinkLink link = new SinkLink();
    private final Protocol protocol =
            new Http1Factory((request, response) -> response.type("text/plain").send(HELLO)).create();
    private final Buffer in = new Buffer(64 * 1024);
    private byte[] bytes;

    /** Takes the bytes of the head and opens the connection. */
    @Setup
    public void prepare() {
        bytes = head.bytes();
        protocol.opened(link);
    }

    /** One request in a turn. */
    @Benchmark
    public int single() {
        return turn(1);
    }

    /** Sixteen requests that arrive together; the time is for one of them. */
    @Benchmark
    @OperationsPerInvocation(DEPTH)
    public int pipelined() {
        return turn(DEPTH);
    }

    private int turn(int requests) {
        link.nextTurn();
        link.out().clear();
        for (int i = 0; i < requests; i++) {
            in.append(bytes);
        }
        protocol.receive(in, link);
        return link.out().readable();
    }
}
