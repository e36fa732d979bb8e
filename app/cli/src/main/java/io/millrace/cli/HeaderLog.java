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
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * jwebserver's verbose output: each request with its header fields, to look at what a client sends. Written by a thread
 * of its own; when that cannot keep up, requests are left out and not held up. No client commands the terminal of the
 * one who watches: what it sends is {@link Printable}.
 */
final class HeaderLog implements ExchangeLog, AutoCloseable {
    private static final int WAITING = 1000;

    private final BlockingQueue<String> texts = new ArrayBlockingQueue<>(WAITING);
    private final PrintStream out;
    private final Thread writer;

    HeaderLog(PrintStream out) {
        this.out = out;
        this.writer = Thread.ofPlatform().name("millrace-header-log").daemon().start(this::write);
    }

    @Override
    public void completed(Request request, int status, long bytes, long nanos) {
        add(request, request == null ? null : request.peer(), status, bytes, nanos);
    }

    @Override
    public void unreadable(SocketAddress peer, int status, long bytes, long nanos) {
        add(null, peer, status, bytes, nanos);
    }

    private void add(Request request, SocketAddress from, int status, long bytes, long nanos) {
        StringBuilder text = new StringBuilder(host(from));
        if (request == null) {
            text.append(" (unreadable request)");
        } else {
            text.append(' ').append(Printable.text(request.method() + " " + request.target()));
        }
        text.append(String.format(Locale.ROOT, " -> %d, %d bytes, %.3f ms%n", status, bytes, nanos / 1e6));
        if (request != null) {
            appendFields(text, request.headers());
        }
        texts.offer(text.toString());
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

    private void write() {
        try {
            while (true) {
                out.print(texts.take());
                if (texts.isEmpty()) {
                    out.flush();
                }
            }
        } catch (InterruptedException end) {
            texts.forEach(out::print);
            out.flush();
        }
    }

    @Override
    public void close() {
        writer.interrupt();
        try {
            writer.join(2000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
