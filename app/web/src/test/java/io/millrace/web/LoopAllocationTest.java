// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.millrace.core.Ascii;
import io.millrace.core.Clock;
import io.millrace.fileserver.FileOptions;
import io.millrace.fileserver.StaticFiles;
import io.millrace.http.Handler;
import io.millrace.http.Route;
import io.millrace.http.Router;
import io.millrace.http1.Http1Factory;
import io.millrace.testkit.RawClient;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.LoopGroup;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The budget of the hot path with everything in it: several connections over real sockets, and what the loop's own
 * thread allocates over 10,000 requests. The system calls are part of it: how they are bound decides whether they
 * allocate.
 */
@Timeout(120)
@EnabledOnOs(value = OS.LINUX, disabledReason = "the loops of this release are for Linux")
final class LoopAllocationTest {
    private static final long PATIENCE_NANOS = 60_000_000_000L;
    private static final int CONNECTIONS = 8;
    private static final byte[] BODY = Ascii.bytes("Hello, World!");

    /** By which a file that was made just now is old enough to be remembered. */
    private static final Clock TOMORROW = new Clock() {
        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public long millis() {
            return System.currentTimeMillis() + TimeUnit.DAYS.toMillis(1);
        }
    };

    /** Requests in one measurement. */
    private int rounds = 10_000;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** The loop's thread, as the handler sees it. */
    private volatile long thread;

    @TempDir
    private Path folder;

    @Test
    void plainTextAllocatesNothing() throws Exception {
        assertNothing((request, response) -> response.type("text/plain").send(BODY), "/", 1);
    }

    @Test
    void pipelinedRequestsAllocateNothing() throws Exception {
        assertNothing((request, response) -> response.type("text/plain").send(BODY), "/", 16);
    }

    @Test
    void aRouteAllocatesNothing() throws Exception {
        Router router = new Router()
                .get(
                        "/users/{id}",
                        (request, response) -> response.type("text/plain").send(BODY));
        assertNothing(router, "/users/42?page=2", 1);
    }

    /** As behind every server on a loopback address: the name of the host is looked at, and is mostly the same. */
    @Test
    void aCheckedHostAllocatesNothing() throws Exception {
        Handler route = (request, response) -> response.type("text/plain").send(BODY);
        assertNothing(new HostCheck(Route.inline(route), List.of()), "/", 1);
    }

    /** From memory, after a look whether it is still the same. */
    @Test
    void aSmallFileAllocatesNothing() throws Exception {
        assertFileAllocates(1024, 1);
    }

    /** By sendfile(2), behind a head that waits in a buffer: the list of both is used again. */
    @Test
    void aLargeFileAllocatesNothing() throws Exception {
        assertFileAllocates(64 * 1024, 1);
    }

    /** In slices, each of which waits for the one before. */
    @Test
    void aHugeFileAllocatesNothing() throws Exception {
        rounds = 400;
        assertFileAllocates(3 * 1024 * 1024, 1);
    }

    private void assertFileAllocates(int size, int most) throws Exception {
        Path file = folder.resolve("file.bin");
        Files.write(file, new byte[size]);
        try (StaticFiles files = StaticFiles.of(WebServer.openFolder(folder, false), FileOptions.DEFAULT, TOMORROW)) {
            assertAllocates(files, "/file.bin", 1, most);
        }
    }

    private void assertNothing(Handler handler, String target, int depth) throws Exception {
        assertAllocates(handler, target, depth, 1);
    }

    /** Fewer than {@code most} bytes a request. */
    private void assertAllocates(Handler handler, String target, int depth, int most) throws Exception {
        Handler noting = (request, response) -> {
            if (thread == 0) {
                thread = Thread.currentThread().threadId();
            }
            handler.handle(request, response);
        };
        byte[] one = Ascii.bytes(
                "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n");
        byte[] requests = Ascii.bytes(Ascii.string(one, 0, one.length).repeat(depth));
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (LoopGroup loops = LoopGroup.open(1)) {
            Listener listening = loops.listen(ListenOptions.on(address), () -> new Http1Factory(noting));
            List<RawClient> clients = new ArrayList<>();
            try {
                for (int i = 0; i < CONNECTIONS; i++) {
                    clients.add(RawClient.connect(listening.address()));
                }
                assertLeast(clients, requests, depth, most);
            } finally {
                for (RawClient client : clients) {
                    client.close();
                }
            }
        }
    }

    /** Warm-up is when the compiler says so: the best of several measurements is what the code itself allocates. */
    private void assertLeast(List<RawClient> clients, byte[] requests, int depth, int most) throws IOException {
        int length = depth * answerLength(clients.get(0), requests, depth);
        long least = Long.MAX_VALUE;
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (least >= (long) most * rounds && System.nanoTime() - end < 0) {
            long before = threads.getThreadAllocatedBytes(thread);
            for (int done = 0; done < rounds; done += depth * CONNECTIONS) {
                for (RawClient client : clients) {
                    client.send(requests);
                }
                for (RawClient client : clients) {
                    assertEquals('H', client.read(length)[0]);
                }
            }
            least = Math.min(least, threads.getThreadAllocatedBytes(thread) - before);
        }
        assertTrue(least < (long) most * rounds, least + " bytes for " + rounds + " requests");
    }

    /** All answers are alike: the head says how long the first is. */
    private static int answerLength(RawClient client, byte[] requests, int depth) throws IOException {
        String head = client.send(requests).readUntil("\r\n\r\n");
        Matcher length = Pattern.compile("Content-Length: (\\d+)").matcher(head);
        assertTrue(length.find(), head);
        int all = head.length() + Integer.parseInt(length.group(1));
        client.read(depth * all - head.length());
        return all;
    }
}
