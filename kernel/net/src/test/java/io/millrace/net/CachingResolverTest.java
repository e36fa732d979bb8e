// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.testkit.FakeClock;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is remembered of names, and for how long. */
@Timeout(60)
final class CachingResolverTest {
    private final FakeClock clock = new FakeClock();
    private final AtomicInteger asked = new AtomicInteger();

    private final Resolver resolver = host -> {
        asked.incrementAndGet();
        if (host.startsWith("no")) {
            throw new UnknownHostException(host);
        }
        return List.of(InetAddress.getLoopbackAddress());
    };

    private CachingResolver cache(int most) {
        return new CachingResolver(resolver, clock, most, Duration.ofSeconds(5), Duration.ofSeconds(1));
    }

    @Test
    void addressesAndFailuresAreKeptForTheirTime() throws Exception {
        CachingResolver cache = cache(10);
        for (String name : List.of("a.test", "A.TEST", "a.test")) {
            assertEquals(List.of(InetAddress.getLoopbackAddress()), cache.resolve(name));
        }
        assertEquals(1, asked.get());
        assertThrows(UnknownHostException.class, () -> cache.resolve("no.test"));
        assertThrows(UnknownHostException.class, () -> cache.resolve("no.test"));
        assertEquals(2, asked.get());
        clock.advance(Duration.ofMillis(1500));
        assertThrows(UnknownHostException.class, () -> cache.resolve("no.test"));
        cache.resolve("a.test");
        assertEquals(3, asked.get());
        clock.advance(Duration.ofSeconds(5));
        cache.resolve("a.test");
        assertEquals(4, asked.get());
    }

    @Test
    void thereAreOnlySoManyNames() throws Exception {
        CachingResolver cache = cache(3);
        cache.resolve("first.test");
        for (int i = 0; i < 100; i++) {
            cache.resolve("first.test");
            cache.resolve(i + ".test");
        }
        assertEquals(3, cache.size());
        assertEquals(101, asked.get());
        cache.clear();
        assertEquals(0, cache.size());
    }

    @Test
    void aNameIsLookedUpOnceForAllThatAsk() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        CachingResolver cache = new CachingResolver(host -> {
            asked.incrementAndGet();
            begun.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new UnknownHostException(host);
            }
            return List.of(InetAddress.getLoopbackAddress());
        });
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    cache.resolve("slow.test");
                } catch (UnknownHostException e) {
                    asked.addAndGet(100);
                }
            }));
        }
        begun.await();
        go.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(1, asked.get());
    }
}
