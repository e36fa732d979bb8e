// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import io.millrace.testkit.SimClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** A client that pipelines requests of all kinds, cut anywhere, and checks every byte of the answers in their order. */
final class HttpSimulationClient extends SimClient {
    private enum Manner {
        /** Sends everything, reads everything. */
        KIND,
        /** Breaks off somewhere in the middle. */
        RUDE,
        /** Stops in the middle of a request's head and waits: the server must end it in time. */
        SILENT
    }

    /** Longer than any time limit, with some patience: simulated time costs nothing. */
    private static final long PATIENCE = 200_000_000_000L;

    private final Manner manner;
    private final boolean lenient;
    private final Buffer toSend = new Buffer();
    private final Buffer answers = new Buffer();
    private final List<byte[]> expected = new ArrayList<>();
    private final byte[] scratch = new byte[8192];
    private int answered;
    private boolean over;
    private boolean waiting;
    private boolean finished;
    private boolean refused;

    HttpSimulationClient(Random random, boolean lenient) {
        super(random);
        this.lenient = lenient;
        int choice = random.nextInt(10);
        this.manner = choice < 7 ? Manner.KIND : choice < 9 ? Manner.RUDE : Manner.SILENT;
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
    protected boolean done() {
        return over;
    }

    @Override
    protected boolean step() {
        if (connection == null) {
            connect(HttpSimulationTest.PORT);
            return true;
        }
        if (random.nextInt(300) == 0) {
            sleep(random.nextInt(100_000_000));
            return true;
        }
        if (manner == Manner.RUDE && random.nextInt(40) == 0) {
            connection.reset();
            over = true;
            return true;
        }
        return random.nextBoolean() ? write() || read() : read() || write();
    }

    private boolean write() {
        if (toSend.isEmpty()) {
            // A half-closed client still gets all its answers.
            if (manner == Manner.KIND && !finished && random.nextInt(4) == 0) {
                finished = true;
                connection.finish();
                return true;
            }
            return false;
        }
        int n = 1 + random.nextInt(Math.min(toSend.readable(), random.nextInt(5) == 0 ? 50_000 : 200));
        connection.send(toSend.array(), toSend.head(), n);
        toSend.consume(n);
        return true;
    }

    private boolean read() {
        int n = connection.read(scratch, 0, 1 + random.nextInt(scratch.length));
        if (n > 0) {
            if (!refused) {
                answers.append(scratch, 0, n);
                takeAnswers();
            }
            return true;
        }
        if (n == 0) {
            return waitForTheServer();
        }
        over = true;
        // A silent one sleeps so long that the server can give up in the middle of its 408.
        boolean complete = answered == expected.size() && (answers.isEmpty() || manner == Manner.SILENT);
        assertTrue(
                lenient || manner == Manner.RUDE || complete,
                "ended (" + n + ") after " + answered + " of " + expected.size() + " answers");
        return true;
    }

    /**
     * A silent client that has all its answers sleeps for longer than the server may wait for it, and then looks once
     * more.
     */
    private boolean waitForTheServer() {
        if (manner != Manner.SILENT
                || !toSend.isEmpty()
                || (connection.accepted() && answered < expected.size())
                || !connection.accepted()) {
            return false;
        }
        assertTrue(!waiting || lenient, "the server waits for ever for a silent client");
        waiting = true;
        sleep(PATIENCE);
        return true;
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
