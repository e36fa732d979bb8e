// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import static io.millrace.testkit.WebSocketFrames.TEXT;
import static io.millrace.testkit.WebSocketScript.CONT;
import static io.millrace.testkit.WebSocketScript.CONT_GOES_ON;
import static io.millrace.testkit.WebSocketScript.TEXT_BEGINS;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.Consumer;

/** Section 6 of {@link WebSocketCases}: what is UTF-8 and what is not, whole, in fragments and byte by byte. */
final class WebSocketTextCases {
    private static final byte[] NOTHING = {};

    /** Takes the cases. */
    interface Table {
        void add(String id, int chop, Consumer<WebSocketScript> make);
    }

    private final Table table;

    WebSocketTextCases(Table table) {
        this.table = table;
    }

    private void add(String id, Consumer<WebSocketScript> make) {
        add(id, 0, make);
    }

    private void add(String id, int chop, Consumer<WebSocketScript> make) {
        table.add(id, chop, make);
    }

    private static final byte[] GREEK = hex("ceba e1bdb9 cf83 cebc ceb5");
    static final byte[] BEYOND = hex("ceba e1bdb9 cf83 cebc ceb5 f4908080 656469746564");

    void addAll() {
        add("6.1.1", script -> script.echoed(TEXT, NOTHING));
        add(
                "6.1.2",
                script -> script.send(TEXT_BEGINS, "")
                        .send(CONT_GOES_ON, "")
                        .send(CONT, "")
                        .gets(TEXT, ""));
        add("6.1.3", script -> {
            script.send(TEXT_BEGINS, "")
                    .send(CONT_GOES_ON, "middle frame payload")
                    .send(CONT, "");
            script.gets(TEXT, "middle frame payload");
        });
        byte[] hello = "Hello-µ@ßöäüàá-UTF-8!!".getBytes(StandardCharsets.UTF_8);
        add("6.2.1", script -> script.echoed(TEXT, hello));
        add("6.2.2", script -> script.fragmented(TEXT, hello, 12));
        add("6.2.3", script -> script.fragmented(TEXT, hello, 1));
        add("6.2.4", script -> script.fragmented(TEXT, GREEK, 1));
        byte[] wrong = concat(GREEK, hex("eda080"), "edited".getBytes(StandardCharsets.UTF_8));
        add("6.3.1", script -> script.send(TEXT, wrong).closed(1007));
        add("6.3.2", script -> {
            for (int i = 0; i < wrong.length; i++) {
                script.send(i == 0 ? TEXT_BEGINS : CONT_GOES_ON, new byte[] {wrong[i]});
            }
            script.closed(1007);
        });
        failFast();
        String[] sections = sequences();
        for (int i = 0; i < sections.length; i++) {
            String[] texts = sections[i].split(",");
            for (int k = 0; k < texts.length; k++) {
                byte[] bytes = hex(texts[k]);
                String id = "6." + (i + 5) + "." + (k + 1);
                add(id, script -> {
                    if (isUtf8(bytes)) {
                        script.echoed(TEXT, bytes);
                    } else {
                        script.send(TEXT, bytes).closed(1007);
                    }
                });
            }
        }
    }

    // The message never ends: its first wrong byte alone must be answered.
    private void failFast() {
        add("6.4.1", script -> {
            script.send(TEXT_BEGINS, GREEK).send(CONT_GOES_ON, hex("f4908080")).closed(1007);
        });
        add("6.4.2", script -> {
            script.send(TEXT_BEGINS, concat(GREEK, hex("f4")))
                    .send(CONT_GOES_ON, hex("90"))
                    .closed(1007);
        });
        add("6.4.3", script -> {
            script.out.frame(TEXT, Arrays.copyOf(BEYOND, GREEK.length + 4), BEYOND.length);
            script.closed(1007);
        });
        add("6.4.4", 1, script -> {
            script.out.frame(TEXT, Arrays.copyOf(BEYOND, GREEK.length + 2), BEYOND.length);
            script.closed(1007);
        });
    }

    // The sections 6.5 to 6.23.
    private static String[] sequences() {
        String greek = "cebae1bdb9cf83cebcceb5";
        StringBuilder prefixes = new StringBuilder();
        for (int i = 1; i <= greek.length() / 2; i++) {
            prefixes.append(i == 1 ? "" : ",").append(greek, 0, 2 * i);
        }
        StringBuilder continuations = new StringBuilder();
        for (int i = 0x80; i < 0xc0; i++) {
            continuations.append(Integer.toHexString(i));
        }
        StringBuilder nonCharacters = new StringBuilder();
        for (int plane = 0; plane <= 16; plane++) {
            nonCharacters.append(plane == 0 ? "" : ",").append(point(plane << 16 | 0xfffe));
            nonCharacters.append(',').append(point(plane << 16 | 0xffff));
        }
        StringBuilder specials = new StringBuilder();
        for (int point = 0xfff9; point <= 0xffff; point++) {
            specials.append(point == 0xfff9 ? "" : ",").append(point(point));
        }
        String missing = "c0,e080,f08080,f8808080,fc80808080,df,efbf,f7bfbf,fbbfbfbf,fdbfbfbfbf";
        return new String[] {
            "68656c6c6f24776f726c64,68656c6c6fc2a2776f726c64,68656c6c6fe282ac776f726c64,68656c6c6ff0a4ada2776f726c64,"
                    + greek,
            prefixes.toString(),
            "00,c280,e0a080,f0908080",
            "f888808080,fc8480808080",
            "7f,dfbf,efbfbf,f48fbfbf",
            "f7bfbfbf,fbbfbfbfbf,fdbfbfbfbfbf",
            "ed9fbf,ee8080,efbfbd,f48fbfbf,f4908080",
            "80,bf,80bf,80bf80,80bf80bf,80bf80bf80,80bf80bf80bf," + continuations,
            String.join(",", lonely(0xc0, 32), lonely(0xe0, 16), lonely(0xf0, 8), lonely(0xf8, 4), lonely(0xfc, 2)),
            missing,
            missing.replace(",", ""),
            "fe,ff,fefeffff",
            "c0af,e080af,f08080af,f8808080af,fc80808080af",
            "c1bf,e09fbf,f08fbfbf,f887bfbfbf,fc83bfbfbfbf",
            "c080,e08080,f0808080,f880808080,fc8080808080",
            "eda080,edadbf,edae80,edafbf,edb080,edbe80,edbfbf",
            "eda080edb080,eda080edbfbf,edadbfedb080,edadbfedbfbf,edae80edb080,edae80edbfbf,edafbfedb080,edafbfedbfbf",
            nonCharacters.toString(),
            specials.toString()
        };
    }

    private static String lonely(int from, int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(Integer.toHexString(from + i)).append("20");
        }
        return text.toString();
    }

    private static String point(int point) {
        StringBuilder text = new StringBuilder();
        for (byte value : Character.toString(point).getBytes(StandardCharsets.UTF_8)) {
            text.append(String.format("%02x", value));
        }
        return text.toString();
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    private static byte[] concat(byte[]... parts) {
        ByteBuffer all = ByteBuffer.allocate(
                Arrays.stream(parts).mapToInt(part -> part.length).sum());
        Arrays.stream(parts).forEach(all::put);
        return all.array();
    }

    private static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
