// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.testkit.MemoryLink;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Thousands of calls in a random order of everything that can happen to them: answers whole, in pieces or bad, ends,
 * resets, silence, cancelling, connections that fail. Whatever comes, each call ends once, an answer is its own
 * request's, no POST is sent twice, the limits hold, and at the end nothing is left.
 */
final class ClientSimulationTest {
    private static final int PER_ORIGIN = 3;
    private static final int TOTAL = 5;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void everyCallEndsOnce(long seed) {
        new Simulation(seed).run();
    }

    private static final class Simulation {
        private final Random random;
        private final FakeLoop loop = new FakeLoop();
        private final HttpClient client;
        private final List<Recorder> recorders = new ArrayList<>();
        private final List<Call> calls = new ArrayList<>();

        /** How much of each connection's output the server has answered. */
        private final Map<MemoryLink, Integer> read = new HashMap<>();

        private final Map<String, Integer> seen = new HashMap<>();

        Simulation(long seed) {
            random = new Random(seed);
            loop.opens = false;
            ClientOptions options = ClientOptions.DEFAULT.withPool(ClientOptions.DEFAULT
                    .pool()
                    .withPerOrigin(PER_ORIGIN)
                    .withTotal(TOTAL)
                    .withWaiting(8));
            client = new HttpClient(List.of(loop), options);
        }

        void run() {
            call();
            for (int i = 0; i < 4000; i++) {
                step();
                loop.run();
                prune();
                assertTrue(loop.open() + loop.attempts.size() <= TOTAL, "more connections than allowed");
            }
            client.drain();
            loop.advance(Duration.ofMinutes(20));
            prune();
            for (Recorder recorder : recorders) {
                assertEquals(1, recorder.ends);
            }
            assertEquals(0, loop.open());
            assertEquals(0, loop.attempts.size());
            assertEquals("[0, 0, 0]", java.util.Arrays.toString(client.counts(0)));
            seen.forEach((request, times) -> {
                assertTrue(!request.startsWith("POST") || times == 1, request + " was sent " + times + " times");
                assertTrue(times <= 2, request + " was sent " + times + " times");
            });
            checkAnswers();
        }

        private void checkAnswers() {
            int complete = 0;
            for (int i = 0; i < recorders.size(); i++) {
                Recorder recorder = recorders.get(i);
                if (recorder.isComplete()) {
                    complete++;
                    assertEquals("/" + i, recorder.body.toString());
                }
            }
            assertTrue(complete > 50, "only " + complete + " answers");
        }

        private void step() {
            switch (random.nextInt(12)) {
                case 0, 1, 2 -> call();
                case 3, 4, 5 -> answer(link());
                case 6 -> attempt();
                case 7 -> calls.get(random.nextInt(calls.size())).cancel();
                case 8 -> loop.advance(Duration.ofMillis(random.nextInt(3000)));
                case 9 -> end(link());
                case 10 -> attempt();
                default -> more();
            }
        }

        private void call() {
            int number = recorders.size();
            Recorder recorder = new Recorder(random.nextBoolean() ? Long.MAX_VALUE : 1 + random.nextInt(3));
            String url = "http://h" + random.nextInt(3) + "/" + number;
            recorders.add(recorder);
            ClientRequest request =
                    random.nextBoolean() ? client.get(url) : client.post(url).body(RequestContent.of("a body"));
            calls.add(request.send(recorder));
        }

        private MemoryLink link() {
            return loop.links.isEmpty() ? null : loop.links.get(random.nextInt(loop.links.size()));
        }

        private void attempt() {
            if (!loop.attempts.isEmpty()) {
                FakeLoop.Attempt next = loop.attempts.get(random.nextInt(loop.attempts.size()));
                if (random.nextInt(10) == 0) {
                    next.fail(new IOException("too many open files"));
                } else {
                    next.open();
                }
            }
        }

        private void more() {
            Recorder recorder = recorders.get(random.nextInt(recorders.size()));
            if (recorder.call != null && recorder.ends == 0) {
                recorder.call.request(1 + random.nextInt(10));
            }
        }

        private void end(MemoryLink link) {
            if (link != null && !link.isClosed()) {
                if (random.nextBoolean()) {
                    link.end();
                } else {
                    link.reset();
                }
            }
        }

        /** Forgets the connections that have ended, once their requests have been noted. */
        private void prune() {
            for (MemoryLink link : List.copyOf(loop.links)) {
                if (link.isClosed()) {
                    note(link);
                    loop.links.remove(link);
                }
            }
        }

        /** The requests that have arrived and not been noted. Returns the target of the last. */
        private String note(MemoryLink link) {
            String text = link.text().substring(read.getOrDefault(link, 0));
            read.put(link, link.text().length());
            String target = null;
            for (String line : text.split("\r\n")) {
                if (line.endsWith(" HTTP/1.1")) {
                    String request = line.substring(line.startsWith("a body") ? 6 : 0);
                    seen.merge(request, 1, Integer::sum);
                    target = request.split(" ")[1];
                }
            }
            return target;
        }

        private void answer(MemoryLink link) {
            String target = link == null || link.isClosed() ? null : note(link);
            if (target == null) {
                return;
            }
            String head = "HTTP/1.1 200 OK\r\n";
            int kind = random.nextInt(10);
            String answer = switch (kind) {
                case 0 -> head + "Connection: close\r\nContent-Length: " + target.length() + "\r\n\r\n" + target;
                case 1, 2 ->
                    head + "Transfer-Encoding: chunked\r\n\r\n1\r\n/\r\n" + (target.length() - 1) + "\r\n"
                            + target.substring(1) + "\r\n0\r\n\r\n";
                case 3 -> "HTTP/1.1 103 Hints\r\n\r\n" + head + "Content-Length: 100\r\n\r\nno";
                case 4 -> head + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n";
                case 5 -> head + "Content-Length: " + target.length() + "\r\n\r\n" + target + "and more";
                default -> head + "Content-Length: " + target.length() + "\r\n\r\n" + target;
            };
            int piece = 1 + random.nextInt(answer.length());
            for (int from = 0; from < answer.length(); from += piece) {
                link.feed(answer.substring(from, Math.min(answer.length(), from + piece)));
            }
        }
    }
}
