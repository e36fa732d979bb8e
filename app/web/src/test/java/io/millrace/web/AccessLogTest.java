// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.http.Request;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.FakeClock;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TimeZone;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class AccessLogTest {
    private final FakeClock clock = new FakeClock();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private AccessLog log(OutputStream stream, LogFormat format, boolean colour, int room) {
        return new AccessLog(stream, format, colour, clock, TimeZone.getTimeZone("GMT+02:00"), room);
    }

    private String line(LogFormat format, boolean colour, Request request, int status, long bytes, long nanos) {
        out.reset();
        try (AccessLog log = log(out, format, colour, 100_000)) {
            log.completed(request, status, bytes, nanos);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void theCommonFormat() {
        assertEquals(
                "127.0.0.1 - - [06/Nov/1994:10:49:37 +0200] \"GET /a?b=c HTTP/1.1\" 200 1024 0.214\n",
                line(LogFormat.COMMON, false, LoggedRequest.get("/a?b=c"), 200, 1024, 214_999));
        assertEquals(
                "0:0:0:0:0:0:0:1 - - [06/Nov/1994:10:49:37 +0200] \"HEAD / HTTP/1.0\" 404 0 1234.000\n",
                line(
                        LogFormat.COMMON,
                        false,
                        new LoggedRequest("HEAD", "/").version(10).peer(new InetSocketAddress("::1", 1)),
                        404,
                        0,
                        1_234_000_000L));
    }

    @Test
    void theCombinedFormat() {
        LoggedRequest request = LoggedRequest.get("/", "Referer", "http://x/", "User-Agent", "curl/8.5");
        assertEquals(
                "127.0.0.1 - - [06/Nov/1994:10:49:37 +0200] \"GET / HTTP/1.1\" 200 5 \"http://x/\" \"curl/8.5\""
                        + " 1.000\n",
                line(LogFormat.COMBINED, false, request, 200, 5, 1_000_000));
        assertTrue(line(LogFormat.COMBINED, false, LoggedRequest.get("/"), 200, 5, 0)
                .endsWith(" 200 5 \"-\" \"-\" 0.000\n"));
    }

    @Test
    void theJsonFormat() {
        LoggedRequest request = LoggedRequest.get("/a", "Host", "example.org", "User-Agent", "curl/8.5");
        assertEquals("""
                {"time":"1994-11-06T08:49:37Z","peer":"127.0.0.1","method":"GET","target":"/a","route":null,"version":"HTTP/1.1",\
                "status":206,"bytes":9000000000,"ms":0.001,"host":"example.org","referer":null,"agent":"curl/8.5"}
                """, line(LogFormat.JSON, true, request, 206, 9_000_000_000L, 1_999));
        assertEquals("""
                {"time":"1994-11-06T08:49:37Z","peer":null,"method":null,"target":null,"route":null,"status":400,"bytes":0,\
                "ms":0.000,"host":null,"referer":null,"agent":null}
                """, line(LogFormat.JSON, false, null, 400, 0, -5));
    }

    @Test
    void theRouteIsWrittenAsItsPattern() {
        LoggedRequest request = LoggedRequest.get("/users/7").pattern("/users/{id}");
        assertTrue(line(LogFormat.ROUTE, false, request, 200, 5, 0)
                .endsWith("\"GET /users/7 HTTP/1.1\" 200 5 \"/users/{id}\" 0.000\n"));
        assertTrue(
                line(LogFormat.ROUTE, false, LoggedRequest.get("/"), 404, 5, 0).endsWith(" 404 5 \"-\" 0.000\n"));
        assertTrue(line(LogFormat.ROUTE, false, null, 400, 5, 0).endsWith(" 400 5 \"-\" 0.000\n"));
        assertTrue(line(LogFormat.JSON, false, request, 200, 5, 0)
                .contains("\"target\":\"/users/7\",\"route\":\"/users/{id}\","));
    }

    @Test
    void noneWritesNothing() {
        assertEquals("", line(LogFormat.NONE, true, LoggedRequest.get("/"), 200, 1, 1));
    }

    @Test
    void whatIsMissingIsADash() {
        assertEquals(
                "- - - [06/Nov/1994:10:49:37 +0200] \"-\" 400 12 0.000\n",
                line(LogFormat.COMMON, false, null, 400, 12, 1));
        assertTrue(line(LogFormat.COMMON, false, LoggedRequest.get("/").peer(null), 200, 1, 1)
                .startsWith("- - - ["));
        assertTrue(
                line(LogFormat.COMMON, false, LoggedRequest.get("/"), 0, 0, 1).contains("\" 499 0 "),
                "gone before the answer");
    }

    @Test
    void whatCouldNotBeReadHasItsSender() {
        try (AccessLog log = log(out, LogFormat.COMMON, false, 100_000)) {
            ExchangeLogs.all(log, new ServerStats()).unreadable(new InetSocketAddress("192.0.2.7", 4711), 400, 12, 1);
        }
        assertEquals(
                "192.0.2.7 - - [06/Nov/1994:10:49:37 +0200] \"-\" 400 12 0.000\n",
                out.toString(StandardCharsets.UTF_8));
    }

    @Test
    void theStatusIsColouredForTerminals() {
        assertTrue(
                line(LogFormat.COMMON, true, LoggedRequest.get("/"), 200, 1, 1).contains("\" \033[32m200\033[0m 1 "));
        assertTrue(
                line(LogFormat.COMMON, true, LoggedRequest.get("/"), 304, 1, 1).contains("\033[36m304\033[0m"));
        assertTrue(line(LogFormat.COMBINED, true, LoggedRequest.get("/"), 404, 1, 1)
                .contains("\033[33m404\033[0m"));
        assertTrue(
                line(LogFormat.COMMON, true, LoggedRequest.get("/"), 500, 1, 1).contains("\033[31m500\033[0m"));
        assertFalse(
                line(LogFormat.JSON, true, LoggedRequest.get("/"), 500, 1, 1).contains("\033"));
    }

    @ParameterizedTest
    @EnumSource(names = {"COMMON", "COMBINED", "ROUTE", "JSON"})
    void clientsCannotForgeLines(LogFormat format) {
        String evil = "/\"\\\n127.0.0.1 - - forged\r\t\0\u001B[2J\u007F\u0085\u00FF";
        String line = line(
                format, false, LoggedRequest.get(evil, "User-Agent", evil, "Referer", evil, "Host", evil), 200, 1, 1);
        assertEquals(line.length() - 1, line.indexOf('\n'), "one line");
        assertTrue(line.substring(0, line.length() - 1).chars().allMatch(c -> c >= ' ' && c < 127), line);
        boolean json = format == LogFormat.JSON;
        assertTrue(line.contains(json ? "/\\\"\\\\\\u000a127.0.0.1" : "/\\\"\\\\\\x0a127.0.0.1"), line);
        assertTrue(line.contains(json ? "\\u001b[2J\\u007f\\u0085\\u00ff" : "\\x1b[2J\\x7f\\x85\\xff"), line);
        assertEquals(
                0, line.replaceAll("\\\\.", "").chars().filter(c -> c == '"').count() % 2, "quotes in pairs");
    }

    @Test
    void longFieldsAreCut() {
        String line = line(LogFormat.COMMON, false, LoggedRequest.get("/" + "x".repeat(10_000)), 200, 1, 1);
        assertTrue(line.length() < LogLine.LONGEST_FIELD + 200);
    }

    @Test
    void theTimeGoesOn() {
        try (AccessLog log = log(out, LogFormat.COMMON, false, 100_000)) {
            log.completed(LoggedRequest.get("/"), 200, 1, 1);
            clock.advance(Duration.ofMillis(1500));
            log.completed(LoggedRequest.get("/"), 200, 1, 1);
        }
        assertTrue(out.toString(StandardCharsets.UTF_8).contains(":38 +0200]"));
    }

    @Test
    void everyLineOfEveryThreadArrives() throws InterruptedException {
        int each = 5000;
        List<Thread> threads = new ArrayList<>();
        AccessLog log = log(out, LogFormat.COMMON, false, 10 << 20);
        for (int t = 0; t < 6; t++) {
            String path = "/thread" + t + "/";
            threads.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < each; i++) {
                    log.completed(LoggedRequest.get(path + i), 200, 1, 1);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        log.close();
        int[] next = new int[threads.size()];
        for (String line : out.toString(StandardCharsets.UTF_8).split("\n")) {
            Matcher matcher = Pattern.compile("GET /thread(\\d)/(\\d+) HTTP/1.1\" 200 1 0.000")
                    .matcher(line);
            assertTrue(matcher.find(), line);
            assertEquals(next[Integer.parseInt(matcher.group(1))]++, Integer.parseInt(matcher.group(2)), "in order");
        }
        for (int count : next) {
            assertEquals(each, count);
        }
        assertEquals(0, log.dropped());
    }

    /** A stream that takes nothing until it is let go. */
    private static final class Stuck extends OutputStream {
        private final CountDownLatch entered = new CountDownLatch(1);
        private final CountDownLatch open = new CountDownLatch(1);
        private final ByteArrayOutputStream taken = new ByteArrayOutputStream();

        @Override
        public void write(int value) {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            entered.countDown();
            try {
                open.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            taken.write(bytes, offset, length);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"COMMON", "JSON"})
    void aSlowReaderCostsLinesAndNoTime(LogFormat format) throws InterruptedException {
        Stuck stream = new Stuck();
        AccessLog log = log(stream, format, false, 2000);
        log.completed(LoggedRequest.get("/first"), 200, 1, 1);
        stream.entered.await();
        for (int i = 0; i < 1000; i++) {
            log.completed(LoggedRequest.get("/" + i), 200, 1, 1);
        }
        long dropped = log.dropped();
        assertTrue(dropped > 900 && dropped < 1000, () -> dropped + " dropped");
        stream.open.countDown();
        log.close();
        String text = stream.taken.toString(StandardCharsets.UTF_8);
        assertEquals(
                1001 - dropped,
                Pattern.compile("HTTP/1.1").matcher(text).results().count());
        assertTrue(
                text.endsWith(
                        format == LogFormat.JSON
                                ? "{\"dropped\":" + dropped + "}\n"
                                : "# dropped " + dropped + " lines that could not be written in time\n"),
                text);
        assertTrue(text.contains("/first") && text.contains("/0"));
    }

    @ExpectedLog("The access log cannot be written")
    @Test
    void aStreamThatFailsIsTriedAgain() throws InterruptedException {
        int[] calls = {0};
        CountDownLatch failed = new CountDownLatch(1);
        OutputStream stream = new OutputStream() {
            @Override
            public void write(int value) {
                throw new AssertionError();
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                if (calls[0]++ == 0) {
                    failed.countDown();
                    throw new IOException("No space left on device");
                }
                out.write(bytes, offset, length);
            }
        };
        AccessLog log = log(stream, LogFormat.COMMON, false, 100_000);
        log.completed(LoggedRequest.get("/lost"), 200, 1, 1);
        failed.await();
        log.completed(LoggedRequest.get("/kept"), 200, 1, 1);
        log.close();
        assertEquals(1, log.dropped());
        String text = out.toString(StandardCharsets.UTF_8);
        assertTrue(text.contains("/kept") && !text.contains("/lost"), text);
    }

    @ExpectedLog("The access log cannot be written")
    @Test
    void notEvenAnErrorEndsTheWriter() throws InterruptedException {
        int[] calls = {0};
        CountDownLatch failed = new CountDownLatch(1);
        OutputStream stream = new OutputStream() {
            @Override
            public void write(int value) {
                throw new AssertionError();
            }

            @Override
            public void write(byte[] bytes, int offset, int length) {
                if (calls[0]++ == 0) {
                    failed.countDown();
                    throw new StackOverflowError("on purpose");
                }
                out.write(bytes, offset, length);
            }
        };
        AccessLog log = log(stream, LogFormat.COMMON, false, 100_000);
        log.completed(LoggedRequest.get("/lost"), 200, 1, 1);
        failed.await();
        log.completed(LoggedRequest.get("/kept"), 200, 1, 1);
        log.close();
        assertEquals(1, log.dropped());
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("/kept"));
    }

    @Test
    void linesAfterTheEndAreCounted() {
        AccessLog log = log(out, LogFormat.COMMON, false, 100_000);
        log.completed(LoggedRequest.get("/first"), 200, 1, 1);
        log.close();
        log.completed(LoggedRequest.get("/late"), 200, 1, 1);
        log.completed(LoggedRequest.get("/later"), 200, 1, 1);
        assertEquals(2, log.dropped());
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("/first"));
    }

    @Test
    void closingTwiceDoesNoHarm() {
        AccessLog log = AccessLog.to(out, LogFormat.COMMON);
        log.close();
        log.close();
        log.completed(LoggedRequest.get("/late"), 200, 1, 1);
        assertEquals(0, out.size());
    }
}
