// SPDX-License-Identifier: Apache-2.0
package io.millrace.bench;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What an answer's head is made of: appending to a buffer that is large enough. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class BufferBench {
    private final Buffer buffer = new Buffer(1024);
    private byte[] line = Ascii.bytes("HTTP/1.1 200 OK\r\nServer: millrace\r\n");
    private String text = "Content-Type: text/plain\r\n";
    private long small = 13;
    private long large = 10_485_760;

    /** A line of bytes. */
    @Benchmark
    public int bytes() {
        buffer.clear();
        buffer.append(line);
        return buffer.readable();
    }

    /** A string of a byte a character. */
    @Benchmark
    public int latin1() {
        buffer.clear();
        buffer.appendLatin1(text);
        return buffer.readable();
    }

    /** A number of two digits. */
    @Benchmark
    public int smallDecimal() {
        buffer.clear();
        buffer.appendDecimal(small);
        return buffer.readable();
    }

    /** A number of eight digits. */
    @Benchmark
    public int largeDecimal() {
        buffer.clear();
        buffer.appendDecimal(large);
        return buffer.readable();
    }

    /** A number in hexadecimal digits. */
    @Benchmark
    public int hex() {
        buffer.clear();
        buffer.appendHex(large);
        return buffer.readable();
    }
}
