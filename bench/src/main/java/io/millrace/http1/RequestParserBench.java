// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import io.millrace.bench.Heads;
import io.millrace.http.FieldBlock;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Reading one head that is there in full. Lies in the parser's package, for the parser is not public. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init") // JMH sets the fields
public class RequestParserBench {
    /** Who asks. */
    @Param
    public Heads head;

    private final RequestParser parser = new RequestParser(8 * 1024, 32 * 1024, 100);
    private final FieldBlock fields = new FieldBlock();
    private byte[] bytes;

    /** Takes the bytes of the head. */
    @Setup
    public void prepare() {
        bytes = head.bytes();
        if (parse() != bytes.length) {
            throw new IllegalStateException("not a whole head: " + parse());
        }
    }

    /** From the first byte to the last. */
    @Benchmark
    public int parse() {
        fields.clear();
        parser.begin(fields);
        return parser.parse(bytes, 0, bytes.length);
    }
}
