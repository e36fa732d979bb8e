// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Runs against servers with known habits: what they did is what the result says. */
@Timeout(60)
final class LoadTest {
    private static final Duration SHORT = Duration.ofSeconds(1);

    private final AtomicInteger asked = new AtomicInteger();

    private Target http(int perConnection) throws IOException {
        return Target.of(() -> new Target.Http(asked, perConnection, -1, Duration.ZERO));
    }

    private static LoadResult run(LoadPlan plan) throws IOException, InterruptedException {
        return new Load(plan).run(progress -> {});
    }

    @Test
    void everyAnswerIsCountedOnce() throws Exception {
        try (Target target = http(Integer.MAX_VALUE)) {
            LoadResult result = run(Target.plan("http://127.0.0.1:" + target.port() + "/x", 4, 0, SHORT));
            assertTrue(result.requests() > 0);
            assertEquals(Map.of(), result.failures());
            assertEquals(result.requests(), result.statuses(2));
            assertEquals(result.requests(), result.latency().getTotalCount());
            // Those under way when the time was over are known to the server only.
            assertTrue(asked.get() - result.requests() <= 4, asked + " against " + result.requests());
        }
    }

    @Test
    void aRateIsKept() throws Exception {
        try (Target target = http(Integer.MAX_VALUE)) {
            LoadResult result = run(Target.plan("http://127.0.0.1:" + target.port() + "/", 4, 200, SHORT));
            // 200 are due, the last just before the end; all that were due are answered.
            assertEquals(200, result.latency().getTotalCount() + result.unsent(), 1);
            assertEquals(Map.of(), result.failures());
        }
    }

    @Test
    void aStallIsChargedToEveryRequestThatWasDueMeanwhile() throws Exception {
        Duration stall = Duration.ofMillis(500);
        try (Target target = Target.of(() -> new Target.Http(asked, Integer.MAX_VALUE, 100, stall))) {
            LoadResult result =
                    run(Target.plan("http://127.0.0.1:" + target.port() + "/", 1, 1000, Duration.ofSeconds(1)));
            long hundredMillis = 100_000_000;
            // 500 were due during the stall, 400 of them more than 100 ms before its end. One only was under way.
            assertTrue(
                    above(result.latency(), hundredMillis) >= 350,
                    "from due: " + above(result.latency(), hundredMillis));
            assertTrue(
                    above(result.service(), hundredMillis) <= 20,
                    "from sent: " + above(result.service(), hundredMillis));
            assertTrue(result.latency().getMaxValue() >= stall.toNanos() * 0.95);
        }
    }

    private static long above(Histogram histogram, long nanos) {
        return histogram.getCountBetweenValues(nanos, histogram.getHighestTrackableValue());
    }

    @Test
    void aServerThatClosesBetweenAnswersIsNoFailure() throws Exception {
        try (Target target = http(5)) {
            LoadResult result = run(Target.plan("http://127.0.0.1:" + target.port() + "/", 4, 0, SHORT));
            assertTrue(result.requests() > 20);
            assertEquals(Map.of(), result.failures());
            assertTrue(result.connects() >= result.requests() / 5, result.connects() + " connections");
        }
    }

    @Test
    void aConnectionForEachRequest() throws Exception {
        try (Target target = http(Integer.MAX_VALUE)) {
            LoadPlan plan = Target.plan("http://127.0.0.1:" + target.port() + "/", 2, 0, SHORT);
            LoadPlan each = new LoadPlan(
                    plan.target(),
                    new LoadPlan.Clients(2, 1, 1, false, Duration.ZERO),
                    plan.pace(),
                    plan.message(),
                    plan.beside());
            LoadResult result = run(each);
            assertTrue(result.requests() > 0);
            assertEquals(Map.of(), result.failures());
            assertEquals(result.connects(), result.requests(), 3);
        }
    }

    @Test
    void pipelinedRequestsAreAnsweredInOrder() throws Exception {
        try (Target target = Target.of(Target.Echo::new)) {
            LoadPlan plan = Target.plan("tcp://127.0.0.1:" + target.port(), 2, 0, SHORT);
            LoadResult result = run(new LoadPlan(
                    plan.target(),
                    new LoadPlan.Clients(2, 2, 16, true, Duration.ZERO),
                    plan.pace(),
                    plan.message(),
                    plan.beside()));
            assertTrue(result.requests() > 32);
            assertEquals(Map.of(), result.failures());
            assertEquals(result.requests(), result.statuses(0));
        }
    }

    @Test
    void wrongBytesAreSeen() throws Exception {
        try (Target target = Target.of(() -> (Protocol) (in, link) -> {
            in.consume(in.readable());
            link.out().append("0123456780".getBytes(StandardCharsets.US_ASCII));
            link.flush();
        })) {
            LoadResult result = run(Target.plan("tcp://127.0.0.1:" + target.port(), 1, 0, SHORT));
            assertEquals(0, result.requests());
            assertTrue(
                    result.failures().getOrDefault(Failure.GARBLED, 0L) > 0,
                    result.failures().toString());
        }
    }

    @Test
    void aServerThatClosesInTheMiddleIsAFailure() throws Exception {
        try (Target target = Target.of(() -> new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                in.consume(in.readable());
                link.out()
                        .append("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel".getBytes(StandardCharsets.US_ASCII));
                link.close(CloseMode.FLUSHED);
            }
        })) {
            LoadResult result = run(Target.plan("http://127.0.0.1:" + target.port() + "/", 1, 0, SHORT));
            assertEquals(0, result.requests());
            assertTrue(
                    result.failures().getOrDefault(Failure.CLOSED, 0L) > 0,
                    result.failures().toString());
        }
    }

    @Test
    void silenceTimesOut() throws Exception {
        try (Target target = Target.of(() -> (Protocol) (in, link) -> in.consume(in.readable()))) {
            LoadPlan plan = Target.plan("http://127.0.0.1:" + target.port() + "/", 1, 100, SHORT);
            LoadResult result = run(new LoadPlan(
                    plan.target(),
                    plan.clients(),
                    new LoadPlan.Pace(100, Duration.ZERO, SHORT, Duration.ofMillis(50)),
                    plan.message(),
                    plan.beside()));
            assertEquals(0, result.requests());
            assertTrue(
                    result.failures().getOrDefault(Failure.TIMEOUT, 0L) > 0,
                    result.failures().toString());
            assertTrue(result.unsent() > 0, "the others could not even be sent");
        }
    }

    @Test
    void bystandersStandToTheEnd() throws Exception {
        try (Target target = http(Integer.MAX_VALUE)) {
            LoadPlan plan = Target.plan("http://127.0.0.1:" + target.port() + "/", 2, 0, SHORT);
            LoadResult result = run(new LoadPlan(
                    plan.target(), plan.clients(), plan.pace(), plan.message(), new LoadPlan.Beside(50, 2, 2)));
            assertEquals(54, result.besideHeld());
            assertEquals(0, result.besideLost());
            assertTrue(result.requests() > 0);
        }
    }

    @Test
    void whereNobodyListensIsSaidAtOnce() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        IOException e =
                assertThrows(IOException.class, () -> run(Target.plan("http://127.0.0.1:" + port + "/", 1, 0, SHORT)));
        assertTrue(e.getMessage().startsWith("cannot connect to 127.0.0.1:" + port), e.getMessage());
    }

    @Test
    void aRunCanBeEndedEarlyAndKeepsWhatItHas() throws Exception {
        try (Target target = http(Integer.MAX_VALUE)) {
            Load load = new Load(Target.plan("http://127.0.0.1:" + target.port() + "/", 2, 0, Duration.ofMinutes(10)));
            LoadResult result = load.run(progress -> {
                if (progress.requests() > 0) {
                    load.stop();
                }
            });
            assertTrue(result.requests() > 0);
            assertTrue(result.duration().compareTo(Duration.ofMinutes(1)) < 0);
        }
    }

    @Test
    void partsOfAPlanAreTogetherThePlan() {
        LoadPlan plan = new LoadPlan(
                LoadTarget.parse("http://h:1/"),
                new LoadPlan.Clients(10, 3, 1, true, Duration.ZERO),
                new LoadPlan.Pace(100, Duration.ZERO, SHORT, SHORT),
                new LoadPlan.Message("GET", List.of(), new byte[0]),
                new LoadPlan.Beside(7, 1, 0));
        int connections = 0;
        int idle = 0;
        double rate = 0;
        for (int i = 0; i < 3; i++) {
            LoadPlan part = plan.share(i, 3);
            connections += part.clients().connections();
            idle += part.beside().idle();
            rate += part.pace().rate();
        }
        assertEquals(10, connections);
        assertEquals(7, idle);
        assertEquals(100, rate, 1e-6);
    }
}
