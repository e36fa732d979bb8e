// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.DirectoryRoot;
import io.millrace.core.FileInfo;
import io.millrace.core.OpenFile;
import io.millrace.http.Dispatch;
import io.millrace.http.Handler;
import io.millrace.http.Router;
import io.millrace.http1.Http1Factory;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.MemoryLink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Listings of folders of any size: what runs on the loop, what they keep in memory, what they say. */
@Timeout(120)
class LargeListingTest {
    private static final String HTML = get("text/html");
    private static final String JSON = get("application/json");

    private static final Duration PATIENT = Duration.ofMinutes(1);

    @TempDir
    Path root;

    private static String get(String accept) {
        return "GET / HTTP/1.1\r\nHost: h\r\nAccept: " + accept + "\r\n\r\n";
    }

    /** A folder of so many files, from the last to the first, that says each name to a visitor of its own before. */
    private static class Many implements DirectoryRoot {
        private final int files;
        private final String name;
        private final Visitor before;

        Many(int files, String name, Visitor before) {
            this.files = files;
            this.name = name;
            this.before = before;
        }

        static Many of(int files) {
            return new Many(files, "a file with a name that is not short, number ", entry -> true);
        }

        FileInfo entry(int number) {
            return FileInfo.ofSize(name + number, number);
        }

        @Override
        public FileInfo look(String path) {
            return FileInfo.ofKind(path, path.isEmpty() ? FileInfo.Kind.FOLDER : FileInfo.Kind.ABSENT);
        }

        @Override
        public OpenFile open(String path) throws IOException {
            throw new NoSuchFileException(path);
        }

        @Override
        public void list(String path, Visitor visitor) throws IOException {
            boolean more = true;
            for (int i = files - 1; i >= 0 && more; i--) {
                more = before.visit(entry(i)) && visitor.visit(entry(i));
            }
        }

        @Override
        public void close() {}
    }

    private static Handler listings(DirectoryRoot folder, ListingMemory memory, Duration patience) {
        FileOptions options = FileOptions.DEFAULT;
        Listings listings = new Listings(folder, options, new SharedHeaders(options), memory, patience);
        return (request, response) -> listings.answer(request, response, "");
    }

    private static Http1Factory server(DirectoryRoot folder, ListingMemory memory) {
        return new Http1Factory(listings(folder, memory, PATIENT));
    }

    private static String ask(Http1Factory server, String request) {
        MemoryLink link = new MemoryLink(server.create()).feed(request);
        link.runUntil(() -> isWhole(link.text()));
        return link.text();
    }

    private static boolean isWhole(String text) {
        int head = text.indexOf("\r\n\r\n");
        return head >= 0
                && (text.contains("\r\nTransfer-Encoding: chunked\r\n")
                        ? text.endsWith("\r\n0\r\n\r\n")
                        : text.length() > head + 4);
    }

    /** The body of a chunked answer, without the framing. */
    private static String body(String answer) {
        StringBuilder body = new StringBuilder();
        int at = answer.indexOf("\r\n\r\n") + 4;
        while (true) {
            int line = answer.indexOf("\r\n", at);
            int length = Integer.parseInt(answer.substring(at, line), 16);
            if (length == 0) {
                return body.toString();
            }
            body.append(answer, line + 2, line + 2 + length);
            at = line + 2 + length + 2;
        }
    }

    private static List<Integer> numbers(String text) {
        List<Integer> numbers = new ArrayList<>();
        Matcher matcher = Pattern.compile("number (\\d+)[\"<]").matcher(text);
        while (matcher.find()) {
            numbers.add(Integer.valueOf(matcher.group(1)));
        }
        return numbers;
    }

    private static List<Integer> upTo(int count) {
        return IntStream.range(0, count).boxed().toList();
    }

    // ---- the loop

    /** Counts what is looked at in another folder, on the test's thread, which is the loop, and beside it. */
    private record Counting(DirectoryRoot inner, AtomicInteger onTheLoop, AtomicInteger beside)
            implements DirectoryRoot {
        @Override
        public FileInfo look(String path) {
            return inner.look(path);
        }

        @Override
        public OpenFile open(String path) throws IOException {
            return inner.open(path);
        }

        @Override
        public void list(String path, Visitor visitor) throws IOException {
            inner.list(path, entry -> {
                (Thread.currentThread().isVirtual() ? beside : onTheLoop).incrementAndGet();
                return visitor.visit(entry);
            });
        }

        @Override
        public void close() {
            inner.close();
        }
    }

    @ParameterizedTest
    @EnumSource(FolderKind.class)
    void onTheLoopOnlyAFewEntriesAreLookedAt(FolderKind kind) throws IOException {
        for (int i = 0; i < 1000; i++) {
            Files.createFile(root.resolve("number " + i));
        }
        try (Counting folder = new Counting(kind.open(root), new AtomicInteger(), new AtomicInteger())) {
            Http1Factory server = server(folder, new ListingMemory(1 << 20));
            assertEquals(upTo(1000), numbers(body(ask(server, JSON))));
            assertEquals(Listings.ON_THE_LOOP + 1, folder.onTheLoop.get());
            assertEquals(1000, folder.beside.get());
            MemoryLink head = new MemoryLink(server.create()).feed(JSON.replace("GET", "HEAD"));
            head.runUntil(() -> head.text().endsWith("\r\n\r\n"));
            assertTrue(head.text().startsWith("HTTP/1.1 200 "), head.text());
            assertEquals(2 * (Listings.ON_THE_LOOP + 1), folder.onTheLoop.get());
        }
    }

    /** What is not shown is looked at all the same. */
    @Test
    void hiddenEntriesCount() {
        DirectoryRoot hidden = new Many(5000, "", entry -> true) {
            @Override
            FileInfo entry(int number) {
                return FileInfo.ofSize("." + number, 0);
            }
        };
        Counting folder = new Counting(hidden, new AtomicInteger(), new AtomicInteger());
        assertEquals("[]\n", body(ask(server(folder, new ListingMemory(1 << 20)), JSON)));
        assertEquals(Listings.ON_THE_LOOP + 1, folder.onTheLoop.get());
    }

    @Test
    void aSmallFolderIsAnsweredAtOnceWithItsLength() {
        ListingMemory memory = new ListingMemory(0);
        MemoryLink link =
                new MemoryLink(server(Many.of(Listings.ON_THE_LOOP), memory).create());
        String answer = link.feed(JSON).text();
        assertTrue(answer.contains("\r\nContent-Length: "), answer);
        assertEquals(upTo(Listings.ON_THE_LOOP), numbers(answer));
        assertEquals(0, memory.used());
    }

    @ParameterizedTest
    @ValueSource(ints = {50, 5000})
    void aVirtualRouteNeedsNoOtherThread(int files) {
        Handler listings = listings(Many.of(files), new ListingMemory(1 << 20), PATIENT);
        String answer = ask(new Http1Factory(new Router().route("*", "/*", Dispatch.VIRTUAL, listings)), HTML);
        assertEquals(upTo(files), numbers(files == 50 ? answer : body(answer)));
    }

    // ---- memory

    @Test
    void whatFitsIsSortedAndCounted() {
        ListingMemory memory = new ListingMemory(2 << 20);
        String page = body(ask(server(Many.of(10_000), memory), HTML));
        assertEquals(upTo(10_000), numbers(page));
        assertTrue(page.contains("<p>10000 files, 50 MB</p>"));
        assertTrue(page.contains("<button name=\"order\""));
        assertTrue(page.endsWith("</html>\n"));
        assertEquals(0, memory.used());
    }

    @Test
    void whatDoesNotFitComesAsItIsFound() {
        ListingMemory memory = new ListingMemory(1 << 20);
        Http1Factory server = server(Many.of(10_000), memory);
        String page = body(ask(server, HTML));
        assertEquals(upTo(10_000).reversed(), numbers(page));
        assertTrue(page.contains("<p>Too many entries to sort"));
        assertFalse(page.contains("<button"));
        assertTrue(page.endsWith("</html>\n"));
        assertEquals(upTo(10_000).reversed(), numbers(body(ask(server, JSON))));
        assertEquals(0, memory.used());
    }

    /** Clients that ask for large listings and read nothing: the next one is served all the same. */
    @Test
    void clientsThatDoNotReadHoldNoMoreThanTheirShare() {
        ListingMemory memory = new ListingMemory(4 << 20);
        Http1Factory server = server(Many.of(10_000), memory);
        List<MemoryLink> links = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            MemoryLink link = new MemoryLink(server.create()).window(200).feed(HTML);
            links.add(link);
            link.runUntil(() -> !link.text().isEmpty());
            assertTrue(link.text().startsWith("HTTP/1.1 200 "), link.text());
            assertTrue(memory.used() <= 4 << 20, memory.used() + " bytes");
        }
        for (MemoryLink link : links) {
            // A page is 3 MB: what waits for the client is a part of that.
            assertTrue(link.pending() < 1 << 20, link.pending() + " bytes wait");
        }
        assertTrue(memory.used() > 1 << 20, "some keep what they are going to send");
        MemoryLink reading = links.remove(20);
        reading.window(Long.MAX_VALUE).runUntil(() -> isWhole(reading.text()));
        assertEquals(10_000, numbers(body(reading.text())).size());
        links.forEach(MemoryLink::reset);
        links.getFirst().runUntil(() -> memory.used() == 0);
    }

    @Test
    void aFolderThatBreaksOffEndsTheConnection() {
        DirectoryRoot breaking = new Many(10_000, "number ", entry -> {
            if (entry.size() == 5) {
                throw new IOException("on purpose");
            }
            return true;
        });
        // Sorted, nothing has been said yet; unsorted, the end must be missing.
        assertTrue(ask(server(breaking, new ListingMemory(4 << 20)), HTML).startsWith("HTTP/1.1 503 "));
        MemoryLink link = new MemoryLink(server(breaking, new ListingMemory(0)).create()).feed(HTML);
        link.runUntil(link::isClosed);
        assertTrue(link.text().startsWith("HTTP/1.1 200 "), link.text());
        assertFalse(isWhole(link.text()));
    }

    // ---- readers

    @Test
    void onlyAFewFoldersAreReadAtOnce() {
        CountDownLatch entered = new CountDownLatch(Listings.READERS);
        CountDownLatch go = new CountDownLatch(1);
        DirectoryRoot slow = new Many(200, "number ", entry -> {
            if (Thread.currentThread().isVirtual()) {
                entered.countDown();
                await(go);
            }
            return true;
        });
        Http1Factory server = new Http1Factory(listings(slow, new ListingMemory(1 << 20), Duration.ZERO));
        List<MemoryLink> links = new ArrayList<>();
        for (int i = 0; i < Listings.READERS; i++) {
            links.add(new MemoryLink(server.create()).feed(HTML));
        }
        await(entered);
        String fifth = ask(server, HTML);
        assertTrue(fifth.startsWith("HTTP/1.1 503 "), fifth);
        assertTrue(fifth.contains("\r\nRetry-After: 1\r\n"), fifth);
        go.countDown();
        for (MemoryLink link : links) {
            link.runUntil(() -> isWhole(link.text()));
            assertTrue(link.text().startsWith("HTTP/1.1 200 "), link.text());
        }
        assertTrue(ask(server, HTML).startsWith("HTTP/1.1 200 "));
    }

    @ExpectedLog("a listing failed")
    @Test
    void oneThatFailsIsAnsweredAndMakesRoom() {
        AtomicInteger calls = new AtomicInteger();
        DirectoryRoot failing = new Many(200, "number ", entry -> {
            if (Thread.currentThread().isVirtual()) {
                calls.incrementAndGet();
                throw new StackOverflowError("on purpose");
            }
            return true;
        });
        MemoryLink link =
                new MemoryLink(server(failing, new ListingMemory(1 << 20)).create());
        for (int i = 0; i < 6; i++) {
            link.feed(HTML);
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
