// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.millrace.core.Ascii;
import io.millrace.http1.Http1Factory;
import io.millrace.tls.Credentials;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.LoopGroup;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the loop's own thread allocates for requests over TLS by OpenSSL, from several clients over real sockets. */
@Timeout(180)
@EnabledOnOs(value = OS.LINUX, disabledReason = "OpenSSL is bound on Linux alone")
final class TlsAllocationTest {
    private static final long PATIENCE_NANOS = 60_000_000_000L;
    private static final int CONNECTIONS = 8;
    private static final int ROUNDS = 4_000;
    private static final byte[] REQUEST = Ascii.bytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private volatile long thread;

    @ParameterizedTest
    @ValueSource(ints = {13, 3_000})
    void aRequestAllocatesNothing(int size) throws Exception {
        String why = TlsProviders.whyNoOpenSsl();
        assumeTrue(why == null, why);
        byte[] body = "x".repeat(size).getBytes(StandardCharsets.US_ASCII);
        Credentials credentials = Credentials.pem(TlsServerTest.file("local.pem"), TlsServerTest.file("local.key"));
        TlsContext tls = TlsContext.server(TlsOptions.DEFAULT.with(credentials), TlsProviders.named("openssl"));
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (LoopGroup loops = LoopGroup.open(1)) {
            Listener listening = loops.listen(
                    ListenOptions.on(address),
                    () -> tls.over(new Http1Factory((request, response) -> {
                        thread = Thread.currentThread().threadId();
                        response.type("text/plain").send(body);
                    })));
            List<Socket> clients = connect(listening.address());
            try {
                assertNothing(clients);
            } finally {
                for (Socket client : clients) {
                    client.close();
                }
            }
        }
    }

    private static List<Socket> connect(InetSocketAddress server) throws Exception {
        SSLSocketFactory factory = TlsServerTest.trusting().getSocketFactory();
        List<Socket> clients = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
            clients.add(factory.createSocket(server.getAddress(), server.getPort()));
        }
        return clients;
    }

    /** Warm-up is when the compiler says so: the best of several measurements is what the code itself allocates. */
    private void assertNothing(List<Socket> clients) throws IOException {
        int length = answerLength(clients.get(0));
        long least = Long.MAX_VALUE;
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (least >= ROUNDS && System.nanoTime() - end < 0) {
            long before = threads.getThreadAllocatedBytes(thread);
            for (int done = 0; done < ROUNDS; done += CONNECTIONS) {
                for (Socket client : clients) {
                    client.getOutputStream().write(REQUEST);
                }
                for (Socket client : clients) {
                    assertEquals('H', client.getInputStream().readNBytes(length)[0]);
                }
            }
            least = Math.min(least, threads.getThreadAllocatedBytes(thread) - before);
        }
        assertTrue(least < ROUNDS, least + " bytes for " + ROUNDS + " requests");
    }

    /** All answers are alike: the first says how long they are. */
    private static int answerLength(Socket client) throws IOException {
        client.getOutputStream().write(REQUEST);
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) client.getInputStream().read());
        }
        int at = head.indexOf("Content-Length: ") + "Content-Length: ".length();
        int body = Integer.parseInt(head.substring(at, head.indexOf("\r\n", at)));
        client.getInputStream().readNBytes(body);
        return head.length() + body;
    }
}
