// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ring.Probe;
import io.millrace.socket.Kernel;
import io.millrace.socket.TracedKernel;
import io.millrace.testkit.RawClient;
import io.millrace.transport.Servers.Echo;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a trace says of one exchange. */
@Timeout(60)
class TraceTest {
    static Stream<Engine> engines() {
        return Stream.of(Engine.EPOLL_EDGE, Engine.EPOLL_LEVEL, Engine.POLL);
    }

    @ParameterizedTest
    @MethodSource("engines")
    void tellsWhatTheKernelReportedAndWhatTheLoopDid(Engine engine) throws Exception {
        String trace = exchange(engine);
        assertSays(
                trace,
                "listen \\S+ = \\d+",
                "accept \\d+ = \\d+",
                "accept \\d+ = EAGAIN",
                "reported: \\d+ READ",
                "turn \\d+: e?poll, no limit, waited [0-9.]+ ms = 1",
                "recv \\d+ \\(65536\\) = 5",
                "send \\d+ \\(5\\) = 5",
                "recv \\d+ \\(65536\\) = 0",
                "close \\d+ = 0");
        String add = engine == Engine.EPOLL_EDGE
                ? "add \\d+ READ\\|WRITE\\|PEER_CLOSED\\|EDGE = 0"
                : "add \\d+ READ\\|PEER_CLOSED = 0";
        assertSays(trace, add);
    }

    @Test
    void tellsWhatARingHandsOverAndWhatComesOfIt() throws Exception {
        Probe probe = Probe.host();
        Assumptions.assumeTrue(probe.available(), probe.whyNot());
        assertSays(
                exchange(Engine.RING),
                "submits: poll \\d+ READ, again and again",
                "turn \\d+: io_uring_enter, no limit, waited [0-9.]+ ms = \\d+",
                "reported: poll for wake-ups = READ, goes on",
                "submits: recv \\d+, one after the other",
                "reported: recv \\d+ = 5, goes on",
                "submits: send \\d+ \\(5\\)",
                "reported: send \\d+ = 5\n",
                "reported: recv \\d+ = 0\n",
                "submits: accept \\d+, one after the other",
                "submits: cancel accept \\d+",
                "io_uring_enter, without waiting = \\d+",
                "reported: accept \\d+ = ECANCELED",
                "close \\d+ = 0");
    }

    /** The trace of a server whose one client has something echoed. */
    private static String exchange(Engine engine) throws Exception {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(text, true, StandardCharsets.UTF_8);
        LoopGroup group = LoopGroup.open(TracedKernel.over(Kernel.host(), out), 1, engine);
        Listener listening = group.listen(ListenOptions.on(Servers.LOOPBACK), () -> Echo::new);
        try (RawClient client = RawClient.connect(listening.address())) {
            assertEquals("hello", new String(client.send("hello").read(5), StandardCharsets.US_ASCII));
        }
        group.stop(Duration.ofSeconds(10));
        return text.toString(StandardCharsets.UTF_8);
    }

    private static void assertSays(String trace, String... lines) {
        for (String line : lines) {
            assertTrue(Pattern.compile(line).matcher(trace).find(), line + " is not in\n" + trace);
        }
    }
}
