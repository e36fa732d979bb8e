// SPDX-License-Identifier: Apache-2.0
package io.millrace.filters;

import io.millrace.http.Filter;
import io.millrace.http.Handler;
import io.millrace.http.Request;
import io.millrace.http.Response;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Limits how many requests each client makes; beyond it answers 429 with {@code Retry-After} (RFC 6585). Clients are
 * told apart by {@link Request#peer}, and those behind a trusted proxy by what it says.
 */
public final class RequestRate implements Filter {
    private final AttemptLimit limit;

    RequestRate(int requests, Duration time, LongSupplier nanos) {
        limit = new AttemptLimit(requests, time, nanos);
    }

    /**
     * Returns a filter that lets each client make so many requests at once, and as many again over {@code time}.
     *
     * @throws IllegalArgumentException if a value is not positive
     */
    public static RequestRate of(int requests, Duration time) {
        return new RequestRate(requests, time, System::nanoTime);
    }

    @Override
    public void filter(Request request, Response response, Handler next) throws Exception {
        long wait = limit.take(Clients.key(request));
        if (wait == 0) {
            next.handle(request, response);
        } else {
            Clients.tooMany(response, wait);
        }
    }
}
