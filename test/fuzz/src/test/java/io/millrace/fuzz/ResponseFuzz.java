// SPDX-License-Identifier: Apache-2.0
package io.millrace.fuzz;

import io.millrace.core.Ascii;
import io.millrace.http1.ResponseParser;
import io.millrace.testkit.Trickle;
import java.util.List;
import java.util.Random;

/** Bytes to the parser of responses: the same is read however they are cut, and no byte is read twice or left out. */
public final class ResponseFuzz {
    private static final String[] METHODS = {"GET", "HEAD", "CONNECT"};

    private ResponseFuzz() {}

    /** Reads one input, whose first byte says what was asked. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        String method = METHODS[(input[0] & 0xff) % METHODS.length];
        byte[] bytes = Ascii.bytes(Ascii.string(input, 1, input.length - 1));
        String whole = new Reading(method).read(List.of(bytes));
        String cut = new Reading(method).read(Trickle.cut(bytes, new Random(input.length)));
        if (!whole.equals(cut)) {
            throw new AssertionError("depends on how the input is cut:\n" + whole + "\n" + cut);
        }
    }

    private static final class Reading {
        private final ResponseParser parser = new ResponseParser(8192, 100);
        private final StringBuilder said = new StringBuilder();
        private final StringBuilder body = new StringBuilder();
        private byte[] pending = {};
        private int at;

        Reading(String method) {
            parser.begin(method);
        }

        String read(List<byte[]> pieces) {
            for (byte[] piece : pieces) {
                pending = Ascii.bytes(
                        Ascii.string(pending, at, pending.length - at) + Ascii.string(piece, 0, piece.length));
                at = 0;
                if (!steps()) {
                    return said + "|" + body;
                }
            }
            return said + "|" + body + "|" + parser.end();
        }

        // As far as the bytes go; false when the response is over.
        private boolean steps() {
            while (true) {
                int event = parser.step(pending, at, pending.length);
                int consumed = event < 0 && event != ResponseParser.NEED_MORE ? 0 : parser.consumed();
                if (consumed < 0 || at + consumed > pending.length) {
                    throw new AssertionError("consumed " + consumed + " of " + (pending.length - at));
                }
                tell(event);
                at += consumed;
                if (event == ResponseParser.NEED_MORE) {
                    return true;
                }
                if (event < 0 || event == ResponseParser.END) {
                    return false;
                }
                if (consumed == 0 && event == ResponseParser.DATA) {
                    throw new AssertionError("no progress");
                }
            }
        }

        private void tell(int event) {
            switch (event) {
                case ResponseParser.NEED_MORE -> {}
                case ResponseParser.DATA -> body.append(Ascii.string(pending, parser.dataStart(), parser.dataLength()));
                case ResponseParser.HEAD, ResponseParser.INTERIM -> {
                    said.append(event)
                            .append(' ')
                            .append(parser.status())
                            .append(' ')
                            .append(parser.framing());
                    for (int i = 0; i < parser.fields().size(); i++) {
                        said.append(' ')
                                .append(parser.fields().name(i))
                                .append(':')
                                .append(parser.fields().value(i));
                    }
                }
                default -> said.append(" event ").append(event);
            }
        }
    }
}
