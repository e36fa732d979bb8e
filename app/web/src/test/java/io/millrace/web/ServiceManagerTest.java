// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.socket.ServiceNotifier;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.RawClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The watchdog of a service manager is fed by the loops. */
@Timeout(120)
final class ServiceManagerTest {
    private static final String LISTENER = "import socket,sys\n"
            + "s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)\n"
            + "s.bind(sys.argv[1])\n"
            + "print('bound',flush=True)\n"
            + "while True: print(s.recv(4096).decode().split('\\n')[0],flush=True)\n";

    private static final long PERIOD_MILLIS = 400;

    @TempDir
    Path folder;

    private final BlockingQueue<String> said = new LinkedBlockingQueue<>();

    private Process listen(Path socket) throws Exception {
        Process process;
        try {
            process = new ProcessBuilder("python3", "-c", LISTENER, socket.toString()).start();
        } catch (IOException e) {
            assumeTrue(false, "skipped: python3 is not installed");
            throw e;
        }
        Thread.ofVirtual().start(() -> process.inputReader().lines().forEach(said::add));
        assertEquals("bound", said.poll(60, TimeUnit.SECONDS));
        return process;
    }

    @ExpectedLog("has been blocked for")
    @Test
    void aLoopThatIsBlockedEndsThePings() throws Exception {
        Path socket = folder.resolve("notify.sock");
        CountDownLatch blocked = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Process listener = listen(socket);
        try (WebServer server = WebServer.on(0)
                .loops(2)
                .get("/block", (request, response) -> {
                    blocked.countDown();
                    go.await();
                    response.send("late");
                })
                .start()) {
            assumeTrue(server.loopLag(Duration.ofSeconds(20)).length > 0, "no loops here");
            ServiceNotifier notifier = ServiceNotifier.at(socket.toString(), Duration.ofMillis(PERIOD_MILLIS));
            try (ServiceManager manager = ServiceManager.inform(server, notifier);
                    RawClient client = RawClient.connect(server.address())) {
                assertEquals("READY=1", said.poll(60, TimeUnit.SECONDS));
                assertEquals("WATCHDOG=1", said.poll(60, TimeUnit.SECONDS));
                client.send("GET /block HTTP/1.1\r\nHost: localhost\r\n\r\n");
                blocked.await();
                // One that was on its way; after that none comes, however slow the machine is.
                Thread.sleep(2 * PERIOD_MILLIS);
                said.clear();
                assertNull(said.poll(3 * PERIOD_MILLIS, TimeUnit.MILLISECONDS));
                go.countDown();
                client.readUntil("late");
                assertEquals("WATCHDOG=1", said.poll(60, TimeUnit.SECONDS));
                manager.stopping(Duration.ZERO, Duration.ZERO);
                String last = said.poll(60, TimeUnit.SECONDS);
                while ("WATCHDOG=1".equals(last)) {
                    last = said.poll(60, TimeUnit.SECONDS);
                }
                assertEquals("STOPPING=1", last);
            } finally {
                go.countDown();
            }
        } finally {
            listener.destroy();
        }
    }
}
