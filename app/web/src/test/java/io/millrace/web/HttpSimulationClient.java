// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import io.millrace.testkit.SimExchangeClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** A client that pipelines requests of all kinds, cut anywhere, and checks every byte of the answers in their order. */
final class HttpSimulationClient extends SimExchangeClient {
    private final Buffer answers = new Buffer();
    private final List<byte[]> expected = new ArrayList<>();
    private int answered;
    private boolean refused;

    HttpSimulationClient(Random random, boolean lenient) {
        super(random, lenient, HttpSimulationTest.PORT);
        int requests = 1 + random.nextInt(8);
        for (int i = 0; i < requests; i++) {
            request(i == requests - 1 && manner != Manner.SILENT);
        }
        if (manner == Manner.SILENT) {
            toSend.appendLatin1("GET /bytes/1 HTTP/1.1\r\nHost: x\r\nX-Half");
        }
    }

    /** How many answers the server must have given, whatever happens. */
    int certainAnswers() {
        return manner == Manner.KIND && !lenient ? expected.size() : 0;
    }

    private int size() {
        return random.nextInt(10) == 0 ? random.nextInt(100_000) : random.nextInt(300);
    }

    private void request(boolean last) {
        int n = size();
        switch (random.nextInt(5)) {
            case 0, 1 -> get("/bytes/" + n, HttpSimulationTest.pattern(n), last);
            case 2 -> get("/chunks/" + n, HttpSimulationTest.pattern(n), last);
            case 3 -> post(random.nextBoolean() ? "/whole" : "/through", noise(n), last);
            default -> post("/ignore", noise(Math.min(n, 20_000)), last);
        }
    }

    private byte[] noise(int n) {
        byte[] bytes = new byte[n];
        random.nextBytes(bytes);
        return bytes;
    }

    private void get(String target, byte[] answer, boolean last) {
        head("GET", target, last);
        toSend.appendLatin1("\r\n");
        expected.add(answer);
    }

    private void post(String target, byte[] body, boolean last) {
        head("POST", target, last);
        if (random.nextBoolean()) {
            toSend.appendLatin1("Content-Length: " + body.length + "\r\n\r\n");
            toSend.append(body);
        } else {
            toSend.appendLatin1("Transfer-Encoding: chunked\r\n\r\n");
            chunks(body);
        }
        expected.add(target.equals("/ignore") ? HttpSimulationTest.pattern(10) : body);
    }

    private void head(String method, String target, boolean last) {
        toSend.appendLatin1(method + " " + target + " HTTP/1.1\r\nHost: x\r\n" + (last ? "Connection: close\r\n" : ""));
    }

    private void chunks(byte[] body) {
        for (int at = 0; at < body.length; ) {
            int n = 1 + random.nextInt(Math.min(body.length - at, 5000));
            toSend.appendHex(n);
            toSend.appendLatin1(random.nextInt(4) == 0 ? ";name=\"value\"\r\n" : "\r\n");
            toSend.append(body, at, n);
            toSend.appendLatin1("\r\n");
            at += n;
        }
        toSend.appendLatin1(random.nextBoolean() ? "0\r\n\r\n" : "0\r\nX-Trailer: yes\r\n\r\n");
    }

    @Override
    protected void received(byte[] bytes, int count) {
        if (!refused) {
            answers.append(bytes, 0, count);
            takeAnswers();
        }
    }

    @Override
    protected void ended(int how) {
        // A silent one sleeps so long that the server can give up in the middle of its 408.
        boolean complete = hasAllAnswers() && (answers.isEmpty() || manner == Manner.SILENT);
        assertTrue(
                lenient || manner == Manner.RUDE || complete,
                "ended (" + how + ") after " + answered + " of " + expected.size() + " answers");
    }

    @Override
    protected boolean hasAllAnswers() {
        return answered >= expected.size();
    }

    private void takeAnswers() {
        while (takeAnswer()) {}
    }

    /** Takes one whole answer from the front, if there is one, and compares it. */
    private boolean takeAnswer() {
        String text = Ascii.string(answers.array(), answers.head(), Math.min(answers.readable(), 1000));
        int end = text.indexOf("\r\n\r\n");
        if (end < 0) {
            return false;
        }
        String head = text.substring(0, end).toLowerCase(Locale.ROOT);
        if (manner == Manner.SILENT && answered == expected.size()) {
            return refused(head);
        }
        if (lenient && !head.startsWith("http/1.1 200")) {
            // Time has jumped over a limit.
            return refused(head);
        }
        assertTrue(head.startsWith("http/1.1 200"), head + " for answer " + answered);
        byte[] body = head.contains("transfer-encoding: chunked") ? chunkedBody(end + 4) : plainBody(head, end + 4);
        if (body == null) {
            return false;
        }
        assertTrue(answered < expected.size(), "an answer too many");
        assertArrayEquals(expected.get(answered), body, "answer " + answered);
        answered++;
        return true;
    }

    /** Too slow for the server, be it our nature or that time has jumped: the rest of what comes is its explanation. */
    private boolean refused(String head) {
        assertTrue(head.startsWith("http/1.1 408"), head);
        refused = true;
        answers.clear();
        return false;
    }

    private byte[] plainBody(String head, int from) {
        int at = head.indexOf("content-length: ") + "content-length: ".length();
        int line = head.indexOf("\r\n", at);
        int length = Integer.parseInt(head.substring(at, line < 0 ? head.length() : line));
        if (answers.readable() < from + length) {
            return null;
        }
        answers.consume(from);
        byte[] body = new byte[length];
        assertEquals(length, answers.take(body, 0, length));
        return body;
    }

    private byte[] chunkedBody(int from) {
        Buffer body = new Buffer();
        int at = from;
        while (true) {
            int line = find(at);
            if (line < 0) {
                return null;
            }
            int size = Integer.parseInt(Ascii.string(answers.array(), answers.head() + at, line - at), 16);
            at = line + 2;
            if (answers.readable() < at + size + 2) {
                return null;
            }
            body.append(answers.array(), answers.head() + at, size);
            at += size + 2;
            if (size == 0) {
                answers.consume(at);
                return body.toBytes();
            }
        }
    }

    private int find(int from) {
        for (int i = from; i + 1 < answers.readable(); i++) {
            if (answers.peek(i) == '\r' && answers.peek(i + 1) == '\n') {
                return i;
            }
        }
        return -1;
    }
}
