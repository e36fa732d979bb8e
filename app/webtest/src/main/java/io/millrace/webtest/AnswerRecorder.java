// SPDX-License-Identifier: Apache-2.0
package io.millrace.webtest;

import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.http.Exchange;
import io.millrace.http.FieldBlock;
import io.millrace.http.HttpContext;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An exchange whose answer is kept instead of written. */
final class AnswerRecorder extends Exchange {
    private final TestLink carrier;
    private final byte[] body;
    private final List<Map.Entry<String, String>> fields = new ArrayList<>();
    private final List<Map.Entry<String, String>> trailers = new ArrayList<>();
    private final ByteArrayOutputStream content = new ByteArrayOutputStream();
    private int status;
    private boolean fed;

    AnswerRecorder(HttpContext context, TestLink carrier, byte[] body) {
        super(context);
        this.carrier = carrier;
        this.body = body;
    }

    /** Lets the request come in. */
    void ask(String method, String target, List<Map.Entry<String, String>> asked) {
        begin(carrier);
        StringBuilder head =
                new StringBuilder(method).append(' ').append(target).append(' ');
        int query = target.indexOf('?');
        int targetAt = method.length() + 1;
        int targetEnd = targetAt + target.length();
        List<int[]> spans = new ArrayList<>();
        for (Map.Entry<String, String> field : asked) {
            int at = head.length();
            int value = at + field.getKey().length() + 1;
            head.append(field.getKey()).append(':').append(field.getValue()).append('\n');
            spans.add(new int[] {at, value - 1, value, head.length() - 1});
        }
        byte[] bytes = head.toString().getBytes(StandardCharsets.ISO_8859_1);
        request().head(bytes, 0, bytes.length, 11);
        request().method(0, method.length());
        request().target(targetAt, targetEnd, targetAt, query < 0 ? targetEnd : targetAt + query);
        request().scheme("http");
        for (int i = 0; i < spans.size(); i++) {
            int[] span = spans.get(i);
            request().fields().add(span[0], span[1], span[2], span[3]);
            if (asked.get(i).getKey().equalsIgnoreCase("Host")) {
                request().authority(span[2], span[3]);
            }
        }
        if (body.length > 0) {
            expectBody(body.length);
        }
        handle();
    }

    /** Gives the body to its reader, if there is one. */
    void feed() {
        if (!fed && !isOver() && wantsBody()) {
            fed = true;
            bodyBytes(body, 0, body.length);
            bodyEnd();
        }
    }

    boolean over() {
        return isOver();
    }

    /** The client leaves. */
    void leave() {
        lost();
    }

    TestAnswer answer() {
        return new TestAnswer(status, fields, content.toByteArray(), trailers);
    }

    private static void copy(@Nullable FieldBlock from, List<Map.Entry<String, String>> to) {
        for (int i = 0; from != null && i < from.size(); i++) {
            to.add(Map.entry(from.name(i), from.value(i)));
        }
    }

    @Override
    protected void writeHead(int answerStatus, FieldBlock answerFields, long length) {
        status = answerStatus;
        copy(answerFields, fields);
        if (length >= 0) {
            fields.add(Map.entry("Content-Length", String.valueOf(length)));
        }
    }

    @Override
    protected void writeInterim(int interimStatus, FieldBlock interimFields) {}

    @Override
    protected void writeBody(byte[] bytes, int offset, int length) {
        content.write(bytes, offset, length);
    }

    @Override
    protected void writeLasting(byte[] bytes, int offset, int length) {
        content.write(bytes, offset, length);
    }

    @Override
    protected void writeBody(OpenFile file, long from, long count) {
        byte[] into = new byte[8 * 1024];
        try (file) {
            for (long done = 0; done < count; ) {
                int read = file.read(from + done, into, 0, (int) Math.min(into.length, count - done));
                if (read <= 0) {
                    throw new IOException("the file is shorter than it was");
                }
                content.write(into, 0, read);
                done += read;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    protected void writeEnd(@Nullable FieldBlock answerTrailers) {
        copy(answerTrailers, trailers);
    }

    @Override
    protected void flush() {}

    @Override
    protected boolean writable() {
        return true;
    }

    @Override
    protected void abort() {}

    @Override
    protected void answered() {}

    @Override
    protected void demandChanged() {
        carrier.execute(this::feed);
    }

    @Override
    protected void keepAliveChanged() {}

    @Override
    protected void checkTunnel(String name) {
        throw new IllegalStateException("an exchange of a test cannot be upgraded to " + name);
    }

    @Override
    protected int tunnel(String name, FieldBlock tunnelFields, Protocol next) {
        throw new IllegalStateException("an exchange of a test cannot be upgraded to " + name);
    }
}
