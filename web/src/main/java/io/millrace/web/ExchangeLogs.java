// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.http.ExchangeLog;
import io.millrace.http.Request;
import java.net.SocketAddress;
import java.util.Arrays;

/** Several logs as one. */
public final class ExchangeLogs {
    private ExchangeLogs() {}

    /** A log that tells each of these, in order. */
    public static ExchangeLog all(ExchangeLog... logs) {
        ExchangeLog[] real =
                Arrays.stream(logs).filter(log -> log != ExchangeLog.NONE).toArray(ExchangeLog[]::new);
        return switch (real.length) {
            case 0 -> ExchangeLog.NONE;
            case 1 -> real[0];
            default -> new Several(real);
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
