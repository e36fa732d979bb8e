// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import io.millrace.http.Dispatcher;
import io.millrace.http.ExchangeLog;
import io.millrace.http.Handler;
import io.millrace.http.Limits;
import io.millrace.http1.Http1Factory;
import io.millrace.testkit.FakeClock;
import io.millrace.testkit.MemoryLink;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.zip.GZIPInputStream;

/** What a handler behind a filter answers over HTTP/1.1, on byte arrays. */
final class Answers {
    private Answers() {}

    /** An answer: its head, and its body without chunks. */
    record Answer(String head, byte[] body) {
        int status() {
            return Integer.parseInt(head.substring(9, 12));
        }

        /** The values of a field, joined by a bar, {@code null} without one. */
        String field(String name) {
            String found = null;
            for (String line : head.split("\r\n")) {
                if (line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ": ")) {
                    String value = line.substring(name.length() + 2);
                    found = found == null ? value : found + "|" + value;
                }
            }
            return found;
        }

        String text() {
            return new String("gzip".equals(field("Content-Encoding")) ? gunzip(body) : body, StandardCharsets.UTF_8);
        }
    }

    static byte[] gunzip(byte[] bytes) {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static MemoryLink link(CompressionFilter filter, Handler handler) {
        FakeClock clock = new FakeClock();
        Handler behind = Dispatcher.of(filter.before(handler));
        return new MemoryLink(
                new Http1Factory(behind, Limits.DEFAULT, ExchangeLog.NONE, clock, "test").create(), clock);
    }

    static Answer get(CompressionFilter filter, Handler handler, String... fields) {
        return ask(filter, handler, "GET", "", fields);
    }

    static Answer ask(CompressionFilter filter, Handler handler, String method, String body, String... fields) {
        StringBuilder request = new StringBuilder(method + " /page HTTP/1.1\r\nHost: a\r\n");
        for (String field : fields) {
            request.append(field).append("\r\n");
        }
        MemoryLink link = link(filter, handler).feed(request + "\r\n" + body).run();
        return answer(link.take().getBytes(StandardCharsets.ISO_8859_1));
    }

    static Answer answer(byte[] sent) {
        String text = new String(sent, StandardCharsets.ISO_8859_1);
        int end = text.indexOf("\r\n\r\n") + 4;
        String head = text.substring(0, end);
        String rest = text.substring(end);
        boolean chunked = head.contains("Transfer-Encoding: chunked");
        return new Answer(head, chunked ? chunks(rest) : rest.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static byte[] chunks(String rest) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int at = 0; at < rest.length(); ) {
            int line = rest.indexOf("\r\n", at);
            int size = Integer.parseInt(rest.substring(at, line), 16);
            if (size == 0) {
                break;
            }
            out.writeBytes(rest.substring(line + 2, line + 2 + size).getBytes(StandardCharsets.ISO_8859_1));
            at = line + 2 + size + 2;
        }
        return out.toByteArray();
    }
}
