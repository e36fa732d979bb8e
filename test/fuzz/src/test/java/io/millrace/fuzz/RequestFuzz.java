// SPDX-License-Identifier: Apache-2.0
package io.millrace.fuzz;

import io.millrace.core.Ascii;
import io.millrace.fuzz.NaiveHttp.Message;
import io.millrace.http.ExchangeLog;
import io.millrace.http.Headers;
import io.millrace.http.Limits;
import io.millrace.http.Request;
import io.millrace.http.Response;
import io.millrace.http1.Http1Factory;
import io.millrace.testkit.FakeClock;
import io.millrace.testkit.MemoryLink;
import io.millrace.testkit.Trickle;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Bytes to a connection that speaks HTTP/1.1. What reaches the handler must be what {@link NaiveHttp} reads: the same
 * requests in the same order, and none that it refuses. However the bytes are cut, the answers are the same.
 */
public final class RequestFuzz {
    private RequestFuzz() {}

    /** Reads one input. */
    public static void fuzzerTestOneInput(byte[] input) {
        Connection whole = new Connection();
        whole.link.feed(input);
        whole.finish();
        compare(whole, new NaiveHttp(Ascii.string(input, 0, input.length)));

        Connection cut = new Connection();
        Random random = new Random(input.length);
        for (byte[] piece : Trickle.cut(input, random)) {
            cut.link.feed(piece);
        }
        cut.finish();
        if (!cut.seen.equals(whole.seen) || !cut.link.text().equals(whole.link.text())) {
            throw new AssertionError("depends on how the input is cut:\n" + whole.link.text() + "\n" + cut.link.text());
        }
    }

    private static void compare(Connection connection, NaiveHttp naive) {
        List<Message> expected = naive.read();
        List<Message> seen = connection.seen;
        for (int i = 0; i < seen.size(); i++) {
            if (i >= expected.size() || !seen.get(i).equals(expected.get(i))) {
                throw new AssertionError("request " + i + " was taken for " + seen.get(i) + " and is "
                        + (i < expected.size() ? expected.get(i) : "none"));
            }
        }
        if (seen.size() < expected.size() && !isRefusedByRule(expected.get(seen.size()), connection.link.text())) {
            throw new AssertionError("not answered: " + expected.get(seen.size()) + "\n" + connection.link.text());
        }
    }

    // What the grammar allows and a server may refuse: a limit (413, 414, 417, 431, 501), a target or an authority that
    // is not in order, which the second reader does not look into.
    private static boolean isRefusedByRule(Message message, String answers) {
        String last = answers.substring(Math.max(0, answers.lastIndexOf("HTTP/1.1 ")));
        return last.matches("(?s)HTTP/1.1 (413|414|417|431|501) .*")
                || (last.startsWith("HTTP/1.1 400 ") && !isPlain(message));
    }

    private static boolean isPlain(Message message) {
        return message.target().matches("/[A-Za-z0-9/.?=&_~-]*")
                && !message.method().equals("CONNECT")
                && message.fields().stream()
                        .allMatch(
                                field -> !field.startsWith("host:") || field.matches("host:[a-z0-9.-]+(:[0-9]{1,4})?"));
    }

    private static final class Connection {
        final List<Message> seen = new ArrayList<>();
        final MemoryLink link;

        Connection() {
            FakeClock clock = new FakeClock();
            link = new MemoryLink(
                    new Http1Factory(this::handle, Limits.DEFAULT, ExchangeLog.NONE, clock, "fuzz").create(), clock);
        }

        void finish() {
            link.run();
            link.end();
            link.run();
        }

        private void handle(Request request, Response response) {
            List<String> fields = new ArrayList<>();
            Headers headers = request.headers();
            for (int i = 0; i < headers.size(); i++) {
                fields.add(headers.name(i).toLowerCase(Locale.ROOT) + ":" + headers.value(i));
            }
            String method = request.method();
            String target = request.target();
            request.body().collect(1 << 20, bytes -> {
                seen.add(new Message(method, target, fields, Ascii.string(bytes, 0, bytes.length)));
                response.send("ok");
            });
        }
    }
}
