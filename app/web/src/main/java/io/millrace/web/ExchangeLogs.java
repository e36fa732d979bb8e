// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.http.ExchangeLog;
import io.millrace.http.Request;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;

/** Several logs as one. */
public final class ExchangeLogs {
    private ExchangeLogs() {}

    /** A log that tells each of these, in order. */
    public static ExchangeLog all(ExchangeLog... logs) {
        List<ExchangeLog> real = new ArrayList<>(List.of(logs));
        real.removeIf(log -> log == ExchangeLog.NONE);
        return switch (real.size()) {
            case 0 -> ExchangeLog.NONE;
            case 1 -> real.getFirst();
            default -> new Several(real.toArray(ExchangeLog[]::new));
        };
    }

    private record Several(ExchangeLog[] logs) implements ExchangeLog {
        @Override
        public void completed(Request request, int status, long bytes, long nanos) {
            for (ExchangeLog log : logs) {
                log.completed(request, status, bytes, nanos);
            }
        }

        @Override
        public void unreadable(SocketAddress peer, int status, long bytes, long nanos) {
            for (ExchangeLog log : logs) {
                log.unreadable(peer, status, bytes, nanos);
            }
        }

        @Override
        public void brokenOff(Request request, int status, long bytes, long nanos) {
            for (ExchangeLog log : logs) {
                log.brokenOff(request, status, bytes, nanos);
            }
        }
    }
}
