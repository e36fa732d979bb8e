// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.FileInfo;
import io.millrace.core.Folder;
import io.millrace.core.OpenFile;
import io.millrace.http1.Http1;
import io.millrace.testkit.MemoryLink;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Listings that are made beside the loop, because their folder is large. */
@Timeout(60)
class LargeListingTest {
    private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

    // A listing fails on purpose here. Kept, since a logger that nobody holds forgets its level.
    private static final Logger QUIET = Logger.getLogger("io.millrace.web");

    static {
        QUIET.setLevel(Level.OFF);
    }

    /** A folder that is large and takes its time to say what is in it. */
    private abstract static class Large implements Folder {
        @Override
        public FileInfo look(String path) {
            return path.isEmpty()
                    ? new FileInfo("", FileInfo.Kind.FOLDER, 1 << 20, Instant.EPOCH, null, 0, 0)
                    : FileInfo.ofKind(path, FileInfo.Kind.ABSENT);
        }

        @Override
        public OpenFile open(String path) throws IOException {
            throw new NoSuchFileException(path);
        }

        @Override
        public void close() {}
    }

    @Test
    void onlyAFewAreMadeAtOnce() {
        CountDownLatch entered = new CountDownLatch(4);
        CountDownLatch go = new CountDownLatch(1);
        Http1 http = new Http1(StaticFiles.of(
                new Large() {
                    @Override
                    public List<FileInfo> list(String path) {
                        entered.countDown();
                        await(go);
                        return List.of();
                    }
                },
                FileOptions.DEFAULT));
        List<MemoryLink> links = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            links.add(new MemoryLink(http.create()).feed(GET));
        }
        await(entered);
        MemoryLink fifth = new MemoryLink(http.create()).feed(GET);
        fifth.runUntil(() -> !fifth.text().isEmpty());
        assertTrue(fifth.text().startsWith("HTTP/1.1 503 "), fifth.text());
        assertTrue(fifth.text().contains("\r\nRetry-After: 1\r\n"), fifth.text());
        go.countDown();
        for (MemoryLink link : links) {
            link.runUntil(() -> !link.text().isEmpty());
            assertTrue(link.text().startsWith("HTTP/1.1 200 "), link.text());
        }
    }

    @Test
    void oneThatFailsIsAnsweredAndMakesRoom() {
        AtomicInteger calls = new AtomicInteger();
        Http1 http = new Http1(StaticFiles.of(
                new Large() {
                    @Override
                    public List<FileInfo> list(String path) {
                        calls.incrementAndGet();
                        throw new StackOverflowError("on purpose");
                    }
                },
                FileOptions.DEFAULT));
        MemoryLink link = new MemoryLink(http.create());
        for (int i = 0; i < 6; i++) {
            link.feed(GET);
            link.runUntil(() -> !link.text().isEmpty());
            String answer = link.take();
            assertTrue(answer.startsWith("HTTP/1.1 500 "), answer);
        }
        assertEquals(6, calls.get());
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
