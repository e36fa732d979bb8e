// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import static io.millrace.testkit.WebSocketFrames.BINARY;
import static io.millrace.testkit.WebSocketFrames.CLOSE;
import static io.millrace.testkit.WebSocketFrames.PING;
import static io.millrace.testkit.WebSocketFrames.PONG;
import static io.millrace.testkit.WebSocketFrames.TEXT;
import static io.millrace.testkit.WebSocketScript.CONT;
import static io.millrace.testkit.WebSocketScript.CONT_GOES_ON;
import static io.millrace.testkit.WebSocketScript.TEXT_BEGINS;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What a WebSocket server that echoes has to do, as a table: what a client sends and what it must get. The numbers are
 * those of the Autobahn suite, whose cases these are, so that results can be compared; all are strict, so a wrong byte
 * of a text must be refused before its message is whole.
 */
public final class WebSocketCases {
    private static final byte[] NOTHING = {};

    /** The limits that a server needs for these cases: messages of 16 MiB, in this many fragments. */
    public static final int MOST_FRAGMENTS = 65536;

    private final List<Case> cases = new ArrayList<>();

    /**
     * One case.
     *
     * @param id its number
     * @param chop sent in pieces of so many bytes, 0 for whole
     * @param make writes what the client sends, and notes what it must get
     */
    public record Case(String id, int chop, Consumer<WebSocketScript> make) {

        /** Returns what the client sends and must get. */
        public WebSocketScript script() {
            WebSocketScript script = new WebSocketScript();
            make.accept(script);
            script.complete();
            return script;
        }

        @Override
        public String toString() {
            return id;
        }
    }

    private WebSocketCases() {}

    /** Returns the cases of the sections 1 to 7 and 10. */
    public static List<Case> all() {
        WebSocketCases table = new WebSocketCases();
        table.framing();
        table.pings();
        table.reserved();
        table.opcodes();
        table.fragments();
        new WebSocketTextCases(table::add).addAll();
        table.closing();
        table.add("10.1.1", script -> script.fragmented(TEXT, text(65536), 1300));
        return table.cases;
    }

    /** Returns the cases of section 9: sizes up to 16 MiB, in chops from 64 bytes on. */
    public static List<Case> large() {
        WebSocketCases table = new WebSocketCases();
        table.sizes(1, TEXT);
        table.sizes(2, BINARY);
        table.pieces(3, TEXT);
        table.pieces(4, BINARY);
        table.chops(5, TEXT);
        table.chops(6, BINARY);
        table.many(7, TEXT);
        table.many(8, BINARY);
        return table.cases;
    }

    private void add(String id, Consumer<WebSocketScript> make) {
        add(id, 0, make);
    }

    private void add(String id, int chop, Consumer<WebSocketScript> make) {
        cases.add(new Case(id, chop, make));
    }

    private static byte[] text(int size) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) ('*' + i % 41);
        }
        return bytes;
    }

    private static byte[] binary(int size) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (0xfe - i % 251);
        }
        return bytes;
    }

    private static byte[] payload(int first, int size) {
        return first == TEXT ? text(size) : binary(size);
    }

    // ---- 1

    private void framing() {
        int[] sizes = {0, 125, 126, 127, 128, 65535, 65536};
        for (int section = 1; section <= 2; section++) {
            int first = section == 1 ? TEXT : BINARY;
            for (int i = 0; i < sizes.length; i++) {
                int size = sizes[i];
                add("1." + section + "." + (i + 1), script -> script.echoed(first, payload(first, size)));
            }
            add("1." + section + ".8", 997, script -> script.echoed(first, payload(first, 65536)));
        }
    }

    // ---- 2

    private void pings() {
        ping("2.1", 0, NOTHING);
        ping("2.2", 0, "Hello, world!".getBytes(StandardCharsets.UTF_8));
        ping("2.3", 0, new byte[] {0, (byte) 0xff, (byte) 0xfe, (byte) 0xfd, (byte) 0xfc, (byte) 0xfb, 0, (byte) 0xff});
        ping("2.4", 0, binary(125));
        add("2.5", script -> script.send(PING, binary(126)).closed(1002));
        ping("2.6", 1, binary(125));
        add("2.7", script -> script.send(PONG, NOTHING));
        add("2.8", script -> script.send(PONG, "unsolicited pong payload"));
        add("2.9", script -> {
            script.send(PONG, "unsolicited pong payload");
            script.send(PING, "ping payload").gets(PONG, "ping payload");
        });
        add("2.10", WebSocketCases::tenPings);
        add("2.11", 1, WebSocketCases::tenPings);
    }

    private void ping(String id, int chop, byte[] payload) {
        add(id, chop, script -> script.send(PING, payload).gets(PONG, payload));
    }

    private static void tenPings(WebSocketScript script) {
        for (int i = 0; i < 10; i++) {
            script.send(PING, "payload-" + i).gets(PONG, "payload-" + i);
        }
    }

    // ---- 3

    private void reserved() {
        add("3.1", script -> script.send(TEXT | 0x40, "hello").closed(1002));
        for (int i = 2; i <= 4; i++) {
            int bits = i << 4;
            add("3." + i, i == 4 ? 1 : 0, script -> {
                script.echoed(TEXT, "hello".getBytes(StandardCharsets.UTF_8));
                script.send(TEXT | bits, "hello").send(PING, NOTHING).closed(1002);
            });
        }
        add("3.5", script -> script.send(BINARY | 0x50, binary(8)).closed(1002));
        add("3.6", script -> script.send(PING | 0x60, "hello").closed(1002));
        add(
                "3.7",
                script -> script.send(CLOSE | 0x70, new byte[] {3, (byte) 0xe8}).closed(1002));
    }

    // ---- 4

    private void opcodes() {
        for (int section = 1; section <= 2; section++) {
            for (int i = 0; i < 5; i++) {
                int opcode = (section == 1 ? 3 : 11) + i;
                boolean payload = i % 2 == 1;
                boolean before = i >= 2;
                add("4." + section + "." + (i + 1), i == 4 ? 1 : 0, script -> {
                    if (before) {
                        script.echoed(TEXT, "hello".getBytes(StandardCharsets.UTF_8));
                    }
                    script.send(0x80 | opcode, payload ? "reserved opcode payload" : "");
                    script.send(PING, NOTHING).closed(1002);
                });
            }
        }
    }

    // ---- 5

    private void fragments() {
        add("5.1", script -> script.send(PING & 0x7f, "one").send(CONT, "two").closed(1002));
        add("5.2", script -> script.send(PONG & 0x7f, "one").send(CONT, "two").closed(1002));
        for (int i = 0; i < 3; i++) {
            int chop = new int[] {0, 9, 1}[i];
            add("5." + (3 + i), chop, script -> {
                script.send(TEXT_BEGINS, "fragment1").send(CONT, "fragment2").gets(TEXT, "fragment1fragment2");
            });
            add("5." + (6 + i), chop, script -> {
                script.send(TEXT_BEGINS, "fragment1").send(PING, "ping").gets(PONG, "ping");
                script.send(CONT, "fragment2").gets(TEXT, "fragment1fragment2");
            });
            add("5." + (9 + i), chop, script -> {
                script.send(CONT, "non-continuation payload")
                        .send(TEXT, "Hello, world!")
                        .closed(1002);
            });
            add("5." + (12 + i), chop, script -> {
                script.send(CONT_GOES_ON, "non-continuation payload")
                        .send(TEXT, "Hello, world!")
                        .closed(1002);
            });
        }
        add("5.15", script -> {
            script.send(TEXT_BEGINS, "fragment1").send(CONT, "fragment2").gets(TEXT, "fragment1fragment2");
            script.send(CONT_GOES_ON, "fragment3").send(TEXT, "fragment4").closed(1002);
        });
        for (int i = 16; i <= 17; i++) {
            int first = i == 16 ? CONT_GOES_ON : CONT;
            add("5." + i, script -> {
                script.send(first, "fragment1")
                        .send(TEXT_BEGINS, "fragment2")
                        .send(CONT, "fragment3")
                        .closed(1002);
            });
        }
        add(
                "5.18",
                script -> script.send(TEXT_BEGINS, "fragment1")
                        .send(TEXT, "fragment2")
                        .closed(1002));
        add("5.19", WebSocketCases::fiveFragments);
        add("5.20", 1, WebSocketCases::fiveFragments);
    }

    private static void fiveFragments(WebSocketScript script) {
        script.send(TEXT_BEGINS, "fragment1").send(CONT_GOES_ON, "fragment2");
        script.send(PING, "pongme 1!").gets(PONG, "pongme 1!");
        script.send(CONT_GOES_ON, "fragment3").send(CONT_GOES_ON, "fragment4");
        script.send(PING, "pongme 2!").gets(PONG, "pongme 2!");
        script.send(CONT, "fragment5").gets(TEXT, "fragment1fragment2fragment3fragment4fragment5");
    }

    // ---- 7

    private void closing() {
        byte[] hello = "Hello World!".getBytes(StandardCharsets.UTF_8);
        add("7.1.1", script -> script.echoed(TEXT, hello));
        add("7.1.2", script -> {
            script.out.close().close();
            script.closed(1000);
        });
        add("7.1.3", script -> {
            script.out.close().frame(PING, NOTHING);
            script.closed(1000);
        });
        add("7.1.4", script -> {
            script.out.close().frame(TEXT, hello);
            script.closed(1000);
        });
        add("7.1.5", script -> {
            script.out.frame(TEXT_BEGINS, "fragment1").close().frame(CONT, "fragment2");
            script.closed(1000);
        });
        add("7.1.6", script -> {
            script.echoed(TEXT, text(256 * 1024)).echoed(TEXT, hello);
            script.out.close().frame(PING, NOTHING);
            script.closed(1000);
        });
        add("7.3.1", script -> {
            script.send(CLOSE, NOTHING).gets(CLOSE, NOTHING);
            script.ends();
        });
        add("7.3.2", script -> script.send(CLOSE, "a").closed(1002));
        close("7.3.3", 1000, NOTHING, 1000);
        close("7.3.4", 1000, hello, 1000);
        close("7.3.5", 1000, text(123), 1000);
        close("7.3.6", 1000, text(124), 1002);
        close("7.5.1", 1000, WebSocketTextCases.BEYOND, 1007);
        int[] right = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999};
        for (int i = 0; i < right.length; i++) {
            close("7.7." + (i + 1), right[i], NOTHING, right[i]);
        }
        int[] wrong = {0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999};
        for (int i = 0; i < wrong.length; i++) {
            close("7.9." + (i + 1), wrong[i], NOTHING, 1002);
        }
        close("7.13.1", 5000, NOTHING, 1002);
        close("7.13.2", 65535, NOTHING, 1002);
    }

    private void close(String id, int code, byte[] reason, int answer) {
        add(id, script -> {
            script.out.close(code, reason);
            script.closed(answer);
        });
    }

    // ---- 9

    private static final int KIB = 1024;
    private static final int MIB = KIB * KIB;

    private void sizes(int section, int first) {
        int[] sizes = {64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB};
        for (int i = 0; i < sizes.length; i++) {
            int size = sizes[i];
            add("9." + section + "." + (i + 1), script -> script.echoed(first, payload(first, size)));
        }
    }

    private void pieces(int section, int first) {
        int size = 64;
        for (int i = 1; i <= 9; i++) {
            int piece = size;
            add("9." + section + "." + i, script -> script.fragmented(first, payload(first, 4 * MIB), piece));
            size *= 4;
        }
    }

    private void chops(int section, int first) {
        for (int i = 1; i <= 6; i++) {
            int chop = 32 << i;
            add("9." + section + "." + i, chop, script -> script.echoed(first, payload(first, MIB)));
        }
    }

    private void many(int section, int first) {
        int[] sizes = {0, 16, 64, 256, 1024, 4096};
        for (int i = 0; i < sizes.length; i++) {
            int size = sizes[i];
            add("9." + section + "." + (i + 1), script -> {
                for (int count = 0; count < 1000; count++) {
                    script.echoed(first, payload(first, size));
                }
            });
        }
    }
}
