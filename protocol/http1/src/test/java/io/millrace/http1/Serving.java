// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import io.millrace.http.ExchangeLog;
import io.millrace.http.Handler;
import io.millrace.http.Limits;
import io.millrace.http.Request;
import io.millrace.testkit.FakeClock;
import io.millrace.testkit.MemoryLink;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** A server for tests: a handler, limits, a clock that stands still, and a log that remembers. */
final class Serving implements Supplier<MemoryLink> {
    final FakeClock clock = new FakeClock();
    final List<String> log = new ArrayList<>();
    final List<SocketAddress> unreadable = new ArrayList<>();
    final Http1Factory http;

    private Serving(Handler handler, Limits limits) {
        ExchangeLog remember = new ExchangeLog() {
            @Override
            public void completed(Request request, int status, long bytes, long nanos) {
                log.add((request == null ? "-" : request.method() + " " + request.target()) + " " + status + " "
                        + bytes);
            }

            @Override
            public void unreadable(SocketAddress peer, int status, long bytes, long nanos) {
                completed(null, status, bytes, nanos);
                unreadable.add(peer);
            }
        };
        http = new Http1Factory(handler, limits, remember, clock, Http1Factory.SERVER);
    }

    static Serving of(Handler handler) {
        return new Serving(handler, Limits.DEFAULT);
    }

    static Serving of(Handler handler, Limits limits) {
        return new Serving(handler, limits);
    }

    /** Says what was asked: method, target, authority, body length. */
    static Serving echo() {
        return of((request, response) -> response.send(request.method() + " " + request.target() + " of "
                + request.authority() + " with " + request.body().length()));
    }

    @Override
    public MemoryLink get() {
        return new MemoryLink(http.create(), clock);
    }

    /** A connection. */
    MemoryLink open() {
        return get();
    }
}
