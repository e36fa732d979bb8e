// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.testkit.MemoryLink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * A wire format made for tests: one exchange at a time, whose request is said by calls, and whose answer is a list of
 * what was written, such as {@code head 200 length 5}, {@code body hello}, {@code end}. The test's thread is the loop.
 *
 * <p>Differs from HTTP/1.1 where a wire may: the parts of a request lie in another order, room to write is the
 * exchange's own, and a tunnel is a matter of the exchange.
 */
final class TestWire implements Protocol {
    final List<String> written = new ArrayList<>();

    private final HttpContext context;
    private final MemoryLink link;
    private Wire exchange;
    private boolean room = true;
    private boolean mayTunnel;
    private int answered;

    TestWire(HttpContext context) {
        this.context = context;
        this.link = new MemoryLink(this);
    }

    /** A wire whose requests {@code handler} answers. */
    static TestWire of(Handler handler) {
        return new TestWire(HttpContext.of(handler));
    }

    // ---- what a client does

    /** Lets a request come in, without a body. */
    TestWire ask(String method, String target, String... fields) {
        return ask(0, method, target, fields);
    }

    /** Lets the head of a request come in; {@code length} is that of its body, -1 if unknown. */
    TestWire ask(long length, String method, String target, String... fields) {
        link.execute(() -> {
            if (exchange == null || !exchange.reusable()) {
                exchange = new Wire(context);
            }
            exchange.head(length, method, target, fields);
        });
        link.run();
        return this;
    }

    /** Lets bytes of the body come in; returns whether they were wanted. */
    boolean data(String bytes) {
        boolean wanted = exchange.wanted();
        if (wanted) {
            byte[] array = Ascii.bytes(bytes);
            onLoop(() -> exchange.data(array));
        }
        return wanted;
    }

    /** The body is complete. */
    TestWire end() {
        return onLoop(() -> exchange.end());
    }

    /** The request turns out to be bad. */
    TestWire bad(int status) {
        return onLoop(() -> exchange.bad(status));
    }

    /** The connection ends. */
    TestWire reset() {
        return onLoop(() -> exchange.gone());
    }

    /** Takes no more for now. */
    TestWire full() {
        room = false;
        return this;
    }

    /** Takes what waits, and more. */
    TestWire drain() {
        room = true;
        return onLoop(() -> exchange.sent());
    }

    /** The client offers to speak any protocol. */
    TestWire mayTunnel() {
        mayTunnel = true;
        return this;
    }

    // ---- for the test

    /** Runs on the loop what a handler on the loop does later. */
    TestWire onLoop(Runnable task) {
        link.execute(task);
        link.run();
        return this;
    }

    TestWire runUntil(BooleanSupplier condition) {
        link.runUntil(condition);
        return this;
    }

    /** Runs until the exchange is over. */
    TestWire runUntilOver() {
        return runUntil(() -> exchange.over());
    }

    MemoryLink link() {
        return link;
    }

    /** Number of exchanges whose answer has been handed over. */
    int answered() {
        return answered;
    }

    /** Whether the reader of the body wants more. */
    boolean wantsBody() {
        return exchange.wanted();
    }

    /** The content that was written, pieces joined. */
    String content() {
        StringBuilder content = new StringBuilder();
        for (String piece : written) {
            if (piece.startsWith("body ")) {
                content.append(piece.substring(5));
            }
        }
        return content.toString();
    }

    // ---- the wire

    @Override
    public void receive(Buffer in, Link carrier) {
        in.clear();
    }

    @Override
    public void closed(CloseCause why) {
        if (exchange != null && !exchange.over()) {
            exchange.gone();
        }
    }

    private final class Wire extends Exchange {
        Wire(HttpContext context) {
            super(context);
        }

        void head(long length, String method, String target, String... fields) {
            begin(link);
            // The target first, the method last: as it happens with fields in place of a request line.
            StringBuilder text =
                    new StringBuilder("#").append(target).append("h:1").append(method);
            int methodAt = target.length() + 3;
            int at = methodAt + method.length();
            for (String field : fields) {
                text.append(field);
            }
            byte[] array = Ascii.bytes(text.toString());
            request().head(array, 1, array.length - 1, 20);
            request().method(methodAt, methodAt + method.length());
            request().scheme("https");
            request().authority(target.length(), target.length() + 3);
            int query = target.indexOf('?');
            request().target(0, target.length(), 0, query < 0 ? target.length() : query);
            for (String field : fields) {
                int colon = field.indexOf(':');
                request().fields().add(at, at + colon, at + colon + 1, at + field.length());
                at += field.length();
            }
            if (length != 0) {
                expectBody(length);
            }
            handle();
            Arrays.fill(array, (byte) '!'); // lent, as every wire's input is
        }

        boolean wanted() {
            return wantsBody();
        }

        void data(byte[] bytes) {
            bodyBytes(bytes, 0, bytes.length);
            Arrays.fill(bytes, (byte) '!');
        }

        void end() {
            bodyEnd();
        }

        void bad(int status) {
            reject(status);
        }

        void gone() {
            lost();
        }

        void sent() {
            drained();
        }

        boolean over() {
            return isOver();
        }

        boolean reusable() {
            return isReusable();
        }

        @Override
        protected void writeHead(int status, FieldBlock fields, long length) {
            written.add("head " + status + " length " + length + lines(fields));
        }

        @Override
        protected void writeInterim(int status, FieldBlock fields) {
            written.add("interim " + status + lines(fields));
        }

        private String lines(FieldBlock fields) {
            StringBuilder lines = new StringBuilder();
            for (int i = 0; fields != null && i < fields.size(); i++) {
                lines.append(' ').append(fields.name(i)).append('=').append(fields.value(i));
            }
            return lines.toString();
        }

        @Override
        protected void writeBody(byte[] bytes, int offset, int length) {
            written.add("body " + Ascii.string(bytes, offset, length));
        }

        @Override
        protected void writeLasting(byte[] bytes, int offset, int length) {
            writeBody(bytes, offset, length);
        }

        @Override
        protected void writeBody(OpenFile file, long from, long count) {
            byte[] bytes = new byte[(int) count];
            try (file) {
                file.read(from, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            writeBody(bytes, 0, bytes.length);
        }

        @Override
        protected void writeEnd(FieldBlock trailers) {
            written.add("end" + lines(trailers));
        }

        @Override
        protected void flush() {}

        @Override
        protected boolean writable() {
            return room;
        }

        @Override
        protected void abort() {
            written.add("cut");
            link().close(CloseMode.NOW);
        }

        @Override
        protected void answered() {
            answered++;
        }

        @Override
        protected void demandChanged() {}

        @Override
        protected void keepAliveChanged() {}

        @Override
        protected void checkTunnel(String name) {
            if (!mayTunnel) {
                throw new IllegalStateException("no tunnel for " + name);
            }
        }

        @Override
        protected int tunnel(String name, FieldBlock fields, Protocol next) {
            written.add("tunnel " + name + lines(fields) + " to " + next);
            return 200;
        }
    }
}
