// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.FileInfo;
import io.millrace.core.OpenFile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FileCacheTest {

    private static FileMetadata metadata(String name, int content) {
        return new FileMetadata(name, FileInfo.ofSize(name, content), 0).with(new byte[content]);
    }

    @Test
    void itForgetsTheLeastUsedWhenThereAreTooMany() {
        FileCache cache = new FileCache(3, 1 << 20, 0);
        for (String name : List.of("a", "b", "c")) {
            cache.put(metadata(name, 0));
        }
        assertNotNull(cache.get("a"));
        cache.put(metadata("d", 0));
        assertNotNull(cache.get("a"), "was asked for");
        assertNull(cache.get("b"), "was not");
        assertEquals(3, cache.size());
    }

    @Test
    void itKeepsWithinItsBytes() {
        FileCache cache = new FileCache(1000, 10_000, 0);
        for (int i = 0; i < 100; i++) {
            cache.put(metadata("f" + i, 1000));
            assertTrue(cache.bytes() <= 10_000);
        }
        assertTrue(cache.size() >= 5);
        cache.put(metadata("huge", 20_000));
        assertNull(cache.get("huge"));
    }

    @Test
    void newFactsReplaceOldOnes() {
        FileCache cache = new FileCache(10, 100_000, 0);
        FileMetadata fresh = metadata("a", 10);
        for (int i = 0; i < 1000; i++) {
            cache.put(metadata("a", 5000));
        }
        cache.put(fresh);
        assertSame(fresh, cache.get("a"));
        assertEquals(1, cache.size());
        assertEquals(fresh.weight(), cache.bytes());
        cache.clear();
        assertEquals(0, cache.bytes());
        assertNull(cache.get("a"));
    }

    /** An open file that knows whether it was closed. */
    private static final class Opened extends OpenFile {
        private boolean closed;

        Opened() {
            super(FileInfo.ofSize("x", 0));
        }

        @Override
        public int read(long position, byte[] into, int offset, int length) {
            return -1;
        }

        @Override
        protected void release() {
            closed = true;
        }
    }

    @Test
    void openFilesAreBoundedAndGivenBack() {
        FileCache cache = new FileCache(1000, 10 << 20, 0);
        List<Opened> all = new ArrayList<>();
        for (int i = 0; i < 2 * FileCache.MOST_OPEN; i++) {
            FileMetadata metadata = metadata("f" + i, 0);
            cache.put(metadata);
            try (Opened file = new Opened()) {
                cache.keep(metadata, file);
                all.add(file);
            }
        }
        assertEquals(FileCache.MOST_OPEN, cache.open());
        assertEquals(
                FileCache.MOST_OPEN, all.stream().filter(file -> !file.closed).count());
        cache.put(metadata("f0", 0));
        assertTrue(all.get(0).closed, "replaced");
        cache.sweep(Duration.ofSeconds(10).toNanos());
        cache.get("f1");
        cache.sweep(Duration.ofSeconds(20).toNanos());
        assertEquals(
                List.of(all.get(1)), all.stream().filter(file -> !file.closed).toList());
        cache.clear();
        assertTrue(all.get(1).closed);
        assertEquals(0, cache.open());
    }

    @Test
    void aFileInUseOutlivesItsPlace() {
        FileCache cache = new FileCache(10, 10 << 20, 0);
        FileMetadata metadata = metadata("a", 0);
        cache.put(metadata);
        Opened file = new Opened();
        cache.keep(metadata, file);
        file.close();
        OpenFile borrowed = metadata.borrow();
        cache.clear();
        assertTrue(!file.closed);
        assertNull(metadata.borrow());
        borrowed.close();
        assertTrue(file.closed);
        cache.keep(metadata, new Opened());
        assertEquals(0, cache.open(), "facts that are not in the cache keep nothing open");
    }

    @Test
    void threadsMayMeetInIt() throws InterruptedException {
        FileCache cache = new FileCache(50, 60_000, 0);
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failures = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            Random random = new Random(t);
            Thread thread = Thread.ofPlatform().unstarted(() -> {
                for (int i = 0; i < 20_000; i++) {
                    String name = "f" + random.nextInt(100);
                    FileMetadata found = cache.get(name);
                    if (found == null || i % 7 == 0) {
                        cache.put(metadata(name, random.nextInt(1500)));
                    }
                }
            });
            thread.setUncaughtExceptionHandler((who, why) -> failures.add(why));
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(List.of(), failures);
        assertTrue(cache.size() <= 50 && cache.bytes() <= 60_000);
        long sum = 0;
        for (int i = 0; i < 100; i++) {
            FileMetadata metadata = cache.get("f" + i);
            sum += metadata == null ? 0 : metadata.weight();
        }
        assertEquals(sum, cache.bytes());
    }
}
