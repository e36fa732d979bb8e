// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Ascii;
import io.millrace.http.Limits;
import io.millrace.http.Request;
import io.millrace.http.RequestBody;
import io.millrace.http.Response;
import io.millrace.http.ResponseStream;
import io.millrace.testkit.MemoryLink;
import io.millrace.testkit.Trickle;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Valid requests of every kind, cut anywhere and followed by garbage, answered in every way there is. Whatever comes:
 * no exception, no input left lying without a reason, no wrong answer to what was valid.
 *
 * <p>{@code -Dfuzz.rounds=N} sets the number of rounds, {@code -Dfuzz.seed=S} plays one again.
 */
class FuzzTest {
    private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 20_000);
    private static final Limits LIMITS = Limits.DEFAULT
            .withTarget(300)
            .withHead(2000)
            .withFields(20)
            .withBody(5000)
            .withUnread(2000);

    @Test
    void rounds() {
        Long replay = Long.getLong("fuzz.seed");
        if (replay != null) {
            new Round(replay).play();
            return;
        }
        long start = System.nanoTime();
        for (int i = 0; i < ROUNDS; i++) {
            long seed = start + i;
            try {
                new Round(seed).play();
            } catch (Throwable e) {
                throw new AssertionError("play it again with -Dfuzz.seed=" + seed, e);
            }
        }
    }

    /** A request and what must come back. */
    private record Asked(String method, String bytes, String answer) {}

    private static final class Round {
        private final Random random;
        private final Serving serving;
        private final Deque<Runnable> later = new ArrayDeque<>();
        private final List<Asked> asked = new ArrayList<>();

        Round(long seed) {
            random = new Random(seed);
            serving = Serving.of(this::handle, LIMITS);
        }

        void play() {
            int count = random.nextInt(6);
            StringBuilder input = new StringBuilder();
            for (int i = 0; i < count; i++) {
                Asked next = request(i);
                asked.add(next);
                input.append(next.bytes);
            }
            boolean valid = random.nextBoolean();
            if (!valid) {
                input.append(garbage());
            }
            MemoryLink link = serving.open();
            if (random.nextInt(3) == 0) {
                link.highWater(1 + random.nextInt(3000));
            }
            for (byte[] piece : Trickle.cut(Ascii.bytes(input.toString()), random)) {
                link.feed(piece);
                if (random.nextInt(4) == 0) {
                    answerLater(link);
                }
            }
            finish(link, valid);
        }

        private void finish(MemoryLink link, boolean valid) {
            answerAll(link);
            check(link, valid);
            if (random.nextBoolean()) {
                link.end();
                answerAll(link);
            } else if (random.nextBoolean()) {
                link.reset();
            } else {
                link.stop().advance(Duration.ofSeconds(100));
                answerAll(link);
                link.advance(Duration.ofSeconds(100));
            }
            answerAll(link);
            assertTrue(link.isClosed(), "still open");
        }

        private void answerAll(MemoryLink link) {
            link.run();
            for (int i = 0; !later.isEmpty(); i++) {
                assertTrue(i < 1000, "no end");
                answerLater(link);
            }
        }

        private void answerLater(MemoryLink link) {
            Runnable next = later.poll();
            if (next != null) {
                next.run();
            }
            link.run();
        }

        private void check(MemoryLink link, boolean valid) {
            String[] methods = asked.stream().map(Asked::method).toArray(String[]::new);
            List<Answer> answers =
                    new ArrayList<>(Answer.first(valid ? Integer.MAX_VALUE : asked.size(), link.text(), methods));
            answers.removeIf(answer -> answer.status() == 100);
            assertTrue(answers.size() >= asked.size(), answers.size() + " answers to " + asked.size());
            for (int i = 0; i < asked.size(); i++) {
                assertEquals(200, answers.get(i).status(), asked.get(i).bytes);
                String expected = asked.get(i).method.equals("HEAD") ? "" : asked.get(i).answer;
                assertEquals(expected, answers.get(i).body(), asked.get(i).bytes);
            }
            if (valid) {
                assertEquals(asked.size(), answers.size());
                assertNull(link.closing());
                assertEquals(0, link.unconsumed());
            } else if (link.closing() == null) {
                assertTrue(!link.isPaused(), "paused with nobody to go on");
                assertTrue(link.unconsumed() <= LIMITS.head(), "input is lying about");
            } else {
                assertNotNull(link.cause());
            }
        }

        // ---- what is asked

        private Asked request(int index) {
            String method = pick("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "QUERY");
            String way = pick("send", "empty", "text", "stream", "later", "body", "reader", "slow");
            String target =
                    "/" + way + "/" + index + pick("", "?", "?a=b&c", "/%41", "/" + "x".repeat(random.nextInt(200)));
            String body = random.nextInt(3) == 0 ? letters(random.nextInt(600)) : "";
            boolean chunked = random.nextBoolean();
            StringBuilder text = new StringBuilder();
            text.append(method).append(' ').append(target).append(" HTTP/1.1\r\n");
            List<String> fields = new ArrayList<>(List.of(cased("Host") + ":" + blanks() + "h" + blanks()));
            for (int i = random.nextInt(5); i > 0; i--) {
                fields.add("X-" + letters(1 + random.nextInt(10)) + ":" + blanks() + letters(random.nextInt(60))
                        + blanks());
            }
            boolean framed = !body.isEmpty() || random.nextInt(4) == 0;
            if (framed) {
                fields.add(
                        chunked
                                ? cased("Transfer-Encoding") + ":" + cased("chunked")
                                : cased("Content-Length") + ": " + body.length());
                if (!body.isEmpty() && random.nextInt(3) == 0 && way.matches("body|reader")) {
                    fields.add("Expect: " + cased("100-continue"));
                }
            }
            Collections.shuffle(fields, random);
            fields.forEach(field -> text.append(field).append("\r\n"));
            text.append("\r\n");
            if (framed) {
                text.append(chunked ? chunks(body) : body);
            }
            boolean readsBody = way.equals("body") || way.equals("reader");
            return new Asked(
                    method, text.toString(), way.equals("empty") ? "" : target + "|" + (readsBody ? body : ""));
        }

        private String chunks(String body) {
            StringBuilder text = new StringBuilder();
            for (int at = 0; at < body.length(); ) {
                int size = Math.min(body.length() - at, 1 + random.nextInt(300));
                text.append("0".repeat(random.nextInt(3))).append(cased(Integer.toHexString(size)));
                text.append(pick("", "", ";a", "; a=\"b\"")).append("\r\n");
                text.append(body, at, at + size).append("\r\n");
                at += size;
            }
            return text + "0\r\n" + pick("", "X-T: 1\r\n", "a: b\r\nc: d\r\n") + "\r\n";
        }

        private String garbage() {
            return switch (random.nextInt(4)) {
                case 0 -> {
                    byte[] bytes = new byte[random.nextInt(400)];
                    random.nextBytes(bytes);
                    yield Ascii.string(bytes, 0, bytes.length);
                }
                case 1 -> damage(request(9).bytes);
                case 2 -> {
                    String whole = request(9).bytes;
                    yield whole.substring(0, random.nextInt(whole.length()));
                }
                default ->
                    "GET / HTTP/1.1\r\n" + pick("Host: h\r\n", "") + damage("Content-Length: 5\r\n")
                            + damage("Transfer-Encoding: chunked\r\n") + "\r\n5\r\nhello\r\n0\r\n\r\n";
            };
        }

        private String damage(String text) {
            char[] chars = text.toCharArray();
            for (int i = random.nextInt(4); i >= 0 && chars.length > 0; i--) {
                chars[random.nextInt(chars.length)] = pick("\r", "\n", "\0", " ", ":", ",", "\u00ff", "5", "a", "\t")
                        .charAt(0);
            }
            return new String(chars);
        }

        private String cased(String text) {
            char[] chars = text.toCharArray();
            for (int i = 0; i < chars.length; i++) {
                chars[i] = random.nextBoolean() ? Character.toUpperCase(chars[i]) : Character.toLowerCase(chars[i]);
            }
            return new String(chars);
        }

        private String blanks() {
            return pick("", " ", "  ", "\t", " \t ");
        }

        private String letters(int count) {
            char[] chars = new char[count];
            for (int i = 0; i < count; i++) {
                chars[i] = (char) ('a' + random.nextInt(26));
            }
            return new String(chars);
        }

        private String pick(String... choices) {
            return choices[random.nextInt(choices.length)];
        }

        // ---- what is answered

        private void handle(Request request, Response response) throws IOException {
            String text = request.target() + "|";
            String way = request.path().split("/", 3)[1];
            switch (way) {
                case "empty" -> response.header("X", "y").send();
                case "text" -> response.send(text);
                case "stream" -> stream(response, text);
                case "later" -> {
                    response.defer();
                    later.add(() -> response.send(text));
                }
                case "body" ->
                    request.body().collect(5000, bytes -> response.send(text + Ascii.string(bytes, 0, bytes.length)));
                case "reader" -> {
                    response.defer();
                    request.body().read(new Slow(request, response, text));
                }
                case "slow" -> {
                    ResponseStream stream = response.defer().stream();
                    for (String piece : text.split("(?<=/)")) {
                        later.add(() -> writeQuietly(stream, piece));
                    }
                    later.add(() -> closeQuietly(stream));
                }
                default -> response.send(Ascii.bytes(text));
            }
        }

        private void stream(Response response, String text) throws IOException {
            int length = text.getBytes(StandardCharsets.UTF_8).length; // a damaged target is not all ASCII
            try (ResponseStream stream = random.nextBoolean() ? response.stream() : response.stream(length)) {
                for (String piece : text.split("(?<=/)")) {
                    stream.write(piece);
                    if (random.nextBoolean()) {
                        stream.flush();
                    }
                }
            }
        }

        private static void writeQuietly(ResponseStream stream, String piece) {
            try {
                stream.write(piece);
                stream.flush();
            } catch (IOException e) {
                // the peer went away
            }
        }

        private static void closeQuietly(ResponseStream stream) {
            try {
                stream.close();
            } catch (IOException e) {
                // the peer went away
            }
        }

        /** Reads a body with many rests. */
        private final class Slow implements RequestBody.Reader {
            private final Request request;
            private final Response response;
            private final StringBuilder text;

            Slow(Request request, Response response, String text) {
                this.request = request;
                this.response = response;
                this.text = new StringBuilder(text);
            }

            @Override
            public void data(byte[] bytes, int offset, int length) {
                text.append(Ascii.string(Arrays.copyOfRange(bytes, offset, offset + length), 0, length));
                if (random.nextInt(3) == 0) {
                    request.body().pause(true);
                    later.add(() -> request.body().pause(false));
                }
            }

            @Override
            public void end() {
                response.send(text.toString());
            }

            @Override
            public void failed(IOException why) {}
        }
    }
}
