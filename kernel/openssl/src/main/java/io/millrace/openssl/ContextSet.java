// SPDX-License-Identifier: Apache-2.0
package io.millrace.openssl;

import io.millrace.tls.Credentials;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The contexts for the credentials of one time: one for each set of names. Counts its holders, since it may be replaced
 * while a thread makes a connection by it.
 */
final class ContextSet {
    private final Map<List<Credentials>, Long> contexts = new HashMap<>();
    private final Map<String, Long> byName = new HashMap<>();
    private final long fallback;
    private final AtomicInteger holders = new AtomicInteger(1);

    ContextSet(ContextBuilder builder, List<Credentials> all) {
        try {
            fallback = context(builder, all);
            for (Credentials each : all) {
                for (String name : each.names()) {
                    byName.put(
                            name,
                            context(builder, those(all, other -> other.names().contains(name))));
                }
            }
        } catch (IllegalArgumentException e) {
            free();
            throw e;
        }
    }

    private static List<Credentials> those(List<Credentials> all, Predicate<Credentials> which) {
        return new ArrayList<>(all.stream().filter(which).toList());
    }

    private long context(ContextBuilder builder, List<Credentials> credentials) {
        Long known = contexts.get(credentials);
        if (known == null) {
            known = NativeObjects.made(builder.build(credentials), "a context");
            contexts.put(credentials, known);
        }
        return known;
    }

    /** Returns the context for a name: exact, then a wildcard for its first label, else the one for all. */
    long contextFor(@Nullable String name) {
        if (name == null) {
            return fallback;
        }
        Long found = byName.get(name);
        int dot = name.indexOf('.');
        if (found == null && dot > 0) {
            found = byName.get("*" + name.substring(dot));
        }
        return found == null ? fallback : found;
    }

    /** Adds a holder; {@code false} if the set has been freed. */
    boolean hold() {
        int count = holders.get();
        while (count > 0) {
            if (holders.compareAndSet(count, count + 1)) {
                return true;
            }
            count = holders.get();
        }
        return false;
    }

    /** Takes a holder; the last one frees the contexts, which the connections made by them still hold. */
    void release() {
        if (holders.decrementAndGet() == 0) {
            free();
        }
    }

    private void free() {
        for (long context : contexts.values()) {
            ContextBuilder.free(context);
        }
        contexts.clear();
    }
}
