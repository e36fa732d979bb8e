// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import static io.millrace.testkit.WebSocketFrames.CLOSE;
import static io.millrace.testkit.WebSocketFrames.TEXT;

import io.millrace.testkit.WebSocketFrames.Frame;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What the client of a case sends, and what it must get. */
public final class WebSocketScript {
    static final int CONT = 0x80;
    static final int TEXT_BEGINS = 0x01;
    static final int BINARY_BEGINS = 0x02;
    static final int CONT_GOES_ON = 0x00;

    final WebSocketFrames out = new WebSocketFrames();
    private final List<Frame> expected = new ArrayList<>();
    private boolean ended;

    WebSocketScript() {}

    /** Returns the bytes that the client sends. */
    public byte[] input() {
        return out.bytes();
    }

    /** Returns the frames that it must get, a Close with any reason. */
    public List<Frame> expected() {
        return expected;
    }

    WebSocketScript send(int first, byte[] payload) {
        out.frame(first, payload);
        return this;
    }

    WebSocketScript send(int first, String payload) {
        out.frame(first, payload);
        return this;
    }

    WebSocketScript gets(int first, byte[] payload) {
        expected.add(new Frame(first, payload));
        return this;
    }

    WebSocketScript gets(int first, String payload) {
        return gets(first, payload.getBytes(StandardCharsets.UTF_8));
    }

    WebSocketScript echoed(int first, byte[] payload) {
        return send(first, payload).gets(first, payload);
    }

    void closed(int code) {
        gets(CLOSE, new byte[] {(byte) (code >>> 8), (byte) code});
        ended = true;
    }

    /** The client has ended the connection by itself: no Close is added. */
    void ends() {
        ended = true;
    }

    /** Ends the script by a Close of the client, unless it has an end. */
    void complete() {
        if (!ended) {
            out.close();
            closed(1000);
        }
    }

    /** Sends a message in frames of {@code size} bytes, which comes back whole. */
    void fragmented(int first, byte[] payload, int size) {
        int begins = first == TEXT ? TEXT_BEGINS : BINARY_BEGINS;
        for (int from = 0; from < payload.length; from += size) {
            int to = Math.min(payload.length, from + size);
            int opcode = from == 0 ? begins : CONT_GOES_ON;
            send(to == payload.length ? opcode | 0x80 : opcode, Arrays.copyOfRange(payload, from, to));
        }
        gets(first, payload);
    }
}
