// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.socket.UnixAddress;
import io.millrace.transport.ListenOptions;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A client of a Unix socket chooses what it is called: what is logged of it commands no terminal. */
@Timeout(120)
@EnabledOnOs(value = OS.LINUX, disabledReason = "clients of other systems have no path here")
final class PrintedPeerTest {
    /** Held, since a logger that nobody holds is forgotten together with its handler. */
    private static final Logger LOGGER = Logger.getLogger("io.millrace");

    @TempDir
    Path folder;

    /** Those that can listen on a Unix socket, which the JDK's selector here cannot. */
    static Stream<IoModel> models() {
        return Arrays.stream(IoModel.values())
                .filter(IoModel::isAvailable)
                .filter(model -> !model.inProcesses() && model != IoModel.NIO);
    }

    private static final class Failing implements Protocol {
        @Override
        public void receive(Buffer in, Link link) {
            throw new IllegalStateException("on purpose, for a test");
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void thePathOfAPeerIsEscaped(IoModel model) throws Exception {
        BlockingQueue<String> logged = new LinkedBlockingQueue<>();
        Handler handler = into(logged);
        boolean parents = LOGGER.getUseParentHandlers();
        LOGGER.setUseParentHandlers(false);
        LOGGER.addHandler(handler);
        Path path = folder.resolve("s");
        Server server = model.open(ModelOptions.DEFAULT.withCarriers(1));
        try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.listen(ListenOptions.on(UnixAddress.of(path)), () -> Failing::new);
            client.bind(UnixDomainSocketAddress.of(folder.resolve("\u001b[2J\nroot logged in")));
            client.connect(UnixDomainSocketAddress.of(path));
            client.write(ByteBuffer.wrap(new byte[] {'x'}));
            String line = logged.poll(60, TimeUnit.SECONDS);
            assertTrue(line != null && line.contains("a protocol failed on the connection from unix:"), line);
            assertTrue(line.contains("/\\x1b[2J\\x0aroot logged in"), line);
            assertEquals(1, line.lines().count());
        } finally {
            server.stop(Duration.ZERO);
            LOGGER.removeHandler(handler);
            LOGGER.setUseParentHandlers(parents);
        }
    }

    /** The operator's own address is printed by the same rule. */
    @ParameterizedTest
    @MethodSource("models")
    void thePathThatIsListenedOnIsEscapedInATrace(IoModel model) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        Server server = model.open(ModelOptions.DEFAULT.withCarriers(1).withTrace(out));
        Path path = folder.resolve("\u001b[2J\u202e");
        server.listen(ListenOptions.on(UnixAddress.of(path)), () -> Failing::new);
        server.stop(Duration.ofSeconds(10));
        String text = bytes.toString(StandardCharsets.UTF_8);
        assertTrue(text.contains("/\\x1b[2J\\u202e = "), text);
        assertFalse(text.contains("\u001b") || text.contains("\u202e"), text);
    }

    private static Handler into(BlockingQueue<String> logged) {
        return new Handler() {
            @Override
            public void publish(LogRecord entry) {
                logged.add(entry.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
    }
}
