// SPDX-License-Identifier: Apache-2.0
package io.millrace.openssl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.millrace.core.Buffer;
import io.millrace.tls.TlsEngine;
import io.millrace.tls.TlsEngines;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What engines take in native memory they give back, once; and a record costs nothing on the heap. */
@Timeout(120)
final class OpenSslMemoryTest {
    private OpenSslProvider provider;

    @BeforeEach
    void findLibrary() {
        String reason = OpenSslProvider.whyNot();
        assumeTrue(reason == null, reason);
        provider = new OpenSslProvider();
        collect();
    }

    /** Frees what earlier tests have left to the garbage collector. */
    private static void collect() {
        long last = Long.MAX_VALUE;
        for (int calm = 0; calm < 3; calm++) {
            System.gc();
            pause();
            calm = NativeObjects.live() < last ? 0 : calm;
            last = NativeObjects.live();
        }
        BioPair.freeAll();
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(20);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void everyConnectionIsFreedOnceHoweverItEnds() {
        TlsEngines servers = provider.server(Conversation.serving());
        TlsEngines clients = provider.client(Conversation.trusting());
        new Conversation(servers, clients).pump().free();
        long before = NativeObjects.live();
        for (int i = 0; i < 50; i++) {
            Conversation done = new Conversation(servers, clients).pump();
            assertTrue(done.server.isEstablished(), done.server.failure());
            done.server.close(done.toClient);
            done.pump();
            done.free();
            done.free();
            new Conversation(servers, clients).free();
            Conversation begun = new Conversation(servers, clients);
            begun.client.read(begun.toClient, begun.toServer, begun.atClient);
            begun.server.read(begun.toServer, begun.toClient, begun.atServer);
            begun.free();
            Conversation refused = new Conversation(servers, clients);
            refused.toServer.append("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertEquals(
                    TlsEngine.Step.FAILED, refused.server.read(refused.toServer, refused.toClient, refused.atServer));
            assertEquals("http request", refused.server.failure());
            refused.free();
        }
        assertEquals(before, NativeObjects.live());
    }

    @Test
    void callsAfterTheEndDoNothing() {
        Conversation freed = new Conversation(
                        provider.server(Conversation.serving()), provider.client(Conversation.trusting()))
                .pump();
        freed.free();
        Buffer bytes = Buffer.of(new byte[100]);
        freed.server.write(bytes, 100, freed.toClient);
        freed.server.close(freed.toClient);
        assertEquals(TlsEngine.Step.FAILED, freed.server.read(bytes, freed.toClient, freed.atServer));
        assertTrue(freed.toClient.isEmpty());
        assertEquals("TLSv1.3", freed.server.session().protocol());
        assertThrows(IllegalStateException.class, () -> freed.server.session().exportKeyingMaterial("x", null, 9));
    }

    @Test
    void contextsAreFreedWhenTheyAreReplacedOrForgotten() {
        long before = NativeObjects.live();
        TlsEngines servers = provider.server(Conversation.serving());
        long one = NativeObjects.live();
        for (int i = 0; i < 20; i++) {
            servers.replace(List.of(Conversation.credentials("rsa")));
            servers.replace(List.of(Conversation.credentials("local")));
        }
        assertEquals(one, NativeObjects.live());
        assertTrue(one > before);
        assertFalse(servers.accept().isEstablished());
        servers = null;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (NativeObjects.live() != before && System.nanoTime() < deadline) {
            System.gc();
            pause();
        }
        assertEquals(before, NativeObjects.live());
    }

    @Test
    void credentialsThatAreRefusedLeaveTheOthersInPlace() {
        TlsEngines servers = provider.server(Conversation.serving());
        long before = NativeObjects.live();
        assertThrows(RuntimeException.class, () -> servers.replace(java.util.Collections.singletonList(null)));
        assertEquals(before, NativeObjects.live());
        Conversation still = new Conversation(servers, provider.client(Conversation.trusting())).pump();
        assertTrue(still.client.isEstablished());
        still.free();
    }

    @Test
    void recordsCostNothingOnTheHeap() {
        Conversation open = new Conversation(
                        provider.server(Conversation.serving()), provider.client(Conversation.trusting()))
                .pump();
        byte[] small = new byte[200];
        byte[] large = new byte[16_000];
        Buffer plain = new Buffer(20_000);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 20 && least > 2_000; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 5_000; i++) {
                exchange(open, plain, i % 50 == 0 ? large : small);
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertTrue(least <= 2_000, "10,000 records cost " + least + " bytes");
        open.free();
    }

    private static void exchange(Conversation open, Buffer plain, byte[] bytes) {
        plain.append(bytes);
        open.client.write(plain, 16_320, open.toServer);
        open.server.read(open.toServer, open.toClient, open.atServer);
        plain.append(open.atServer);
        open.atServer.clear();
        open.server.write(plain, 16_320, open.toClient);
        open.client.read(open.toClient, open.toServer, open.atClient);
        assertEquals(bytes.length, open.atClient.readable());
        open.atClient.clear();
    }
}
