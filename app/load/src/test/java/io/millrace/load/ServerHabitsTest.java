// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that are odd and not wrong: their answers count, and how they end connections is no failure. */
@Timeout(60)
final class ServerHabitsTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

    /** Answers after which a run ends. However slow the machine is, a wrong generator takes very much longer. */
    private static final int ENOUGH = 60;

    private final AtomicInteger asked = new AtomicInteger();

    private static LoadPlan plan(String url, int connections, int pipeline, double rate, String... fields) {
        LoadPlan plan = Target.plan(url, connections, rate, Duration.ofMinutes(10));
        return new LoadPlan(
                plan.target(),
                new LoadPlan.Clients(connections, 1, pipeline, true, Duration.ZERO),
                plan.pace(),
                new LoadPlan.Message("GET", List.of(fields), plan.message().body()),
                plan.beside());
    }

    /** Runs until the server has been asked often enough. */
    private LoadResult run(LoadPlan plan) throws Exception {
        Load load = new Load(plan);
        asked.set(0);
        Thread.startVirtualThread(() -> {
            while (asked.get() < 2 * ENOUGH) {
                LockSupport.parkNanos(1_000_000);
            }
            load.stop();
        });
        return load.run(progress -> {});
    }

    private LoadResult asking(String answer, int perConnection, int pipeline, double rate) throws Exception {
        try (Target target = Target.of(() -> new Target.Same(asked, answer, perConnection))) {
            return run(plan("http://127.0.0.1:" + target.port() + "/", 2, pipeline, rate));
        }
    }

    private static long failures(LoadResult result) {
        return result.failures().values().stream().mapToLong(Long::longValue).sum();
    }

    private static void assertFlawless(LoadResult result) {
        assertTrue(result.requests() >= ENOUGH, result.requests() + " answers, failures " + result.failures());
        assertEquals(Map.of(), result.failures());
    }

    @ParameterizedTest
    @CsvSource({"1,1,0", "3,1,0", "3,4,0", "1,16,0", "2,1,300", "3,4,300"})
    void aServerThatClosesWithoutAWordIsNoFailure(int perConnection, int pipeline, double rate) throws Exception {
        LoadResult result = asking(OK, perConnection, pipeline, rate);
        assertFlawless(result);
        assertTrue(result.connects() >= result.requests() / perConnection, result.connects() + " connections");
    }

    /**
     * At a fixed rate nothing that was due is forgotten, though connections end all the time, the run's end included.
     */
    @Test
    void whatIsUnderWayAtTheEndIsAskedAgainToo() throws Exception {
        try (Target target = Target.of(() -> new Target.Same(asked, OK, 1))) {
            LoadPlan plan = Target.plan("http://127.0.0.1:" + target.port() + "/", 2, 500, Duration.ofSeconds(1));
            LoadResult result = new Load(plan).run(progress -> {});
            assertEquals(Map.of(), result.failures());
            assertEquals(500, result.latency().getTotalCount() + result.unsent(), 1);
        }
    }

    @Test
    void announcedEndsWithRequestsUnderWayAreNoFailure() throws Exception {
        String last = OK.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        assertFlawless(asking(last, 1, 8, 0));
    }

    /** A server that says that it closes and does not is left after a while, and is no failure. */
    @Test
    void anAnnouncedEndThatDoesNotComeIsNoFailure() throws Exception {
        String last = OK.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        try (Target target = Target.of(() -> new Target.Same(asked, last, Integer.MAX_VALUE))) {
            Load load = new Load(plan("http://127.0.0.1:" + target.port() + "/", 1, 1, 0));
            LoadResult result = load.run(progress -> {
                if (progress.requests() >= 3) {
                    load.stop();
                }
            });
            assertEquals(Map.of(), result.failures());
            assertTrue(result.connects() >= 3, result.connects() + " connections");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void anEchoThatClosesBetweenMessagesIsNoFailure(int pipeline) throws Exception {
        Supplier<Protocol> echo = () -> new Protocol() {
            private int received;

            @Override
            public void receive(Buffer in, Link link) {
                int count = Math.min(in.readable(), 30 - received);
                received += count;
                asked.addAndGet(count / 10);
                in.moveTo(link.out(), count);
                link.flush();
                if (received == 30) {
                    in.consume(in.readable());
                    link.close(CloseMode.FLUSHED);
                }
            }
        };
        try (Target target = Target.of(echo)) {
            assertFlawless(run(plan("tcp://127.0.0.1:" + target.port(), 2, pipeline, 0)));
        }
    }

    /** Of those under way only the one whose answer was cut is lost. */
    @Test
    void onlyTheAnswerThatWasCutIsAFailure() throws Exception {
        Supplier<Protocol> cutting = () -> (in, link) -> {
            if (Target.end(in) == 0) {
                return;
            }
            in.consume(in.readable());
            asked.incrementAndGet();
            link.out().appendLatin1(OK + OK.substring(0, 20));
            link.close(CloseMode.FLUSHED);
        };
        try (Target target = Target.of(cutting)) {
            LoadResult result = run(plan("http://127.0.0.1:" + target.port() + "/", 1, 8, 0));
            long failures = failures(result);
            assertEquals(result.requests(), failures, 1);
            assertEquals(asked.get(), failures, 1);
        }
    }

    @Test
    void aServerThatNeverAnswersIsAFailureForEachRequest() throws Exception {
        try (Target target = Target.of(() -> (in, link) -> {
            asked.incrementAndGet();
            in.consume(in.readable());
            link.close(CloseMode.NOW);
        })) {
            LoadResult result = run(plan("http://127.0.0.1:" + target.port() + "/", 8, 4, 0));
            assertEquals(0, result.requests());
            assertTrue(failures(result) >= ENOUGH);
            assertFalse(result.failures().containsKey(Failure.GARBLED));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
                "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
                "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nX: folded\r\n value\r\nContent-Length: 5, 5\r\n\r\nhello",
                "HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nT: x\r\n\r\n"
            })
    void oddAnswersCountAndKeepTheirConnection(String answer) throws Exception {
        LoadResult result = asking(answer, Integer.MAX_VALUE, 1, 0);
        assertFlawless(result);
        assertEquals(result.requests(), result.statuses(2));
        assertEquals(2, result.connects());
    }

    @Test
    void aStatusThatDoesNotExistIsAServersError() throws Exception {
        LoadResult result = asking(OK.replace("200 OK", "999 Odd"), Integer.MAX_VALUE, 1, 0);
        assertFlawless(result);
        assertEquals(result.requests(), result.statuses(5));
    }

    @Test
    void aConnectionThatIsNoHttpAnyMoreIsLeft() throws Exception {
        LoadResult result = asking("HTTP/1.1 101 Switching Protocols\r\n\r\n", Integer.MAX_VALUE, 1, 0);
        assertFlawless(result);
        assertEquals(result.requests(), result.statuses(1));
        assertTrue(result.connects() >= result.requests(), result.connects() + " connections");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfive",
                "SSH-2.0-OpenSSH_9.2\r\n\r\n"
            })
    void whatIsNoAnswerIsNotUnderstood(String answer) throws Exception {
        LoadResult result = asking(answer, Integer.MAX_VALUE, 1, 0);
        assertEquals(0, result.requests());
        assertEquals(Set.of(Failure.GARBLED), result.failures().keySet());
    }

    @Test
    void aRequestThatClosesHasAConnectionOfItsOwn() throws Exception {
        AtomicInteger most = new AtomicInteger();
        Supplier<Protocol> counting = () -> new Protocol() {
            private int requests;

            @Override
            public void receive(Buffer in, Link link) {
                for (int end = Target.end(in); end > 0; end = Target.end(in)) {
                    in.consume(end);
                    asked.incrementAndGet();
                    most.accumulateAndGet(++requests, Math::max);
                    link.out().appendLatin1(OK);
                    link.flush();
                }
            }
        };
        try (Target target = Target.of(counting)) {
            LoadResult result = run(plan("http://127.0.0.1:" + target.port() + "/", 2, 1, 0, "Connection: close"));
            assertFlawless(result);
            assertEquals(1, most.get());
            assertEquals(result.connects(), result.requests(), 2);
        }
    }

    @Test
    void aZoneIsForThisMachineOnly() throws Exception {
        InetAddress loopback = InetAddress.getByName("::1");
        NetworkInterface by = NetworkInterface.getByInetAddress(loopback);
        assumeTrue(by != null, "no IPv6 loopback address here");
        Set<String> hosts = ConcurrentHashMap.newKeySet();
        Supplier<Protocol> noting = () -> (in, link) -> {
            for (int end = Target.end(in); end > 0; end = Target.end(in)) {
                hosts.addAll(Target.head(in, end)
                        .lines()
                        .filter(line -> line.startsWith("Host:"))
                        .toList());
                in.consume(end);
                asked.incrementAndGet();
                link.out().appendLatin1(OK);
                link.flush();
            }
        };
        try (Target target = Target.at("::1", noting)) {
            List<String> urls = new ArrayList<>();
            for (String zone : List.of("", "%" + by.getName(), "%25" + by.getName(), "%25" + by.getIndex())) {
                urls.add("http://[::1" + zone + "]:" + target.port() + "/");
            }
            for (String url : urls) {
                assertFlawless(run(plan(url, 1, 1, 0)));
            }
            assertEquals(Collections.singleton("Host: [::1]:" + target.port()), hosts);
        }
    }
}
