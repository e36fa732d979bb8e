// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.poll.Interest;
import io.millrace.socket.Kernel;
import io.millrace.socket.Trace;
import io.millrace.socket.TracedKernel;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How a thread sleeps on one socket and is woken. */
@Timeout(60)
class WakeupChannelTest {
    @Test
    void tellsWhatEndsTheSleepOfAThread() throws Exception {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        Kernel kernel = TracedKernel.over(
                Kernel.host(),
                new Trace(new PrintStream(text, true, StandardCharsets.UTF_8), "[7]", UnaryOperator.identity()));
        int[] pipe = new int[2];
        assertEquals(0, kernel.pipe(pipe, 4096));
        try (WakeupChannel wakeupChannel = WakeupChannel.open(kernel)) {
            wakeupChannel.wakeup();
            assertEquals(0, wakeupChannel.await(-1, Interest.READ, -1));
            assertEquals(0, wakeupChannel.await(pipe[0], Interest.READ, 1_000_000));
            assertEquals(Interest.WRITE, wakeupChannel.await(pipe[1], Interest.WRITE, -1));
        } finally {
            kernel.close(pipe[0]);
            kernel.close(pipe[1]);
        }
        String trace = text.toString(StandardCharsets.UTF_8);
        Stream.of(
                        "\\[7\\] \\S+ +poll wakeup \\d+, no limit, waited [0-9.]+ ms = wakeup\n",
                        "poll \\d+ READ or wakeup \\d+, limit 1.000 ms, waited [0-9.]+ ms = time is up\n",
                        "poll \\d+ WRITE or wakeup \\d+, no limit, waited [0-9.]+ ms = WRITE\n")
                .forEach(
                        line -> assertTrue(Pattern.compile(line).matcher(trace).find(), line + " is not in\n" + trace));
    }
}
