// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.core.Printable;
import io.millrace.http.ExchangeLog;
import io.millrace.http.Headers;
import io.millrace.http.Request;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Locale;

/**
 * jwebserver's verbose output: each request with its header fields, to look at what a client sends. Written on the
 * thread that has answered, to a stream that does not wait for its reader ({@link QueuedStreams}). No client commands
 * the terminal: what it sends is {@link Printable}.
 */
final class HeaderLog implements ExchangeLog {
    private final PrintStream out;

    HeaderLog(PrintStream out) {
        this.out = out;
    }

    @Override
    public void completed(Request request, int status, long bytes, long nanos) {
        add(request, request == null ? null : request.peer(), status, bytes, nanos);
    }

    @Override
    public void unreadable(SocketAddress peer, int status, long bytes, long nanos) {
        add(null, peer, status, bytes, nanos);
    }

    private void add(Request request, SocketAddress from, int status, long sent, long nanos) {
        StringBuilder text = new StringBuilder(host(from));
        if (request == null) {
            text.append(" (unreadable request)");
        } else {
            text.append(' ').append(Printable.text(request.method() + " " + request.target()));
        }
        text.append(String.format(Locale.ROOT, " -> %d, %d bytes, %.3f ms%n", status, sent, nanos / 1e6));
        if (request != null) {
            appendFields(text, request.headers());
        }
        // In one call: a stream that is full drops the whole of it.
        byte[] bytes = text.toString().getBytes(out.charset());
        out.write(bytes, 0, bytes.length);
    }

    private static String host(SocketAddress from) {
        return from instanceof InetSocketAddress peer ? peer.getAddress().getHostAddress() : "-";
    }

    private static void appendFields(StringBuilder text, Headers fields) {
        for (int i = 0; i < fields.size(); i++) {
            text.append("    ")
                    .append(fields.name(i))
                    .append(": ")
                    .append(Printable.text(fields.value(i)))
                    .append('\n');
        }
    }
}
