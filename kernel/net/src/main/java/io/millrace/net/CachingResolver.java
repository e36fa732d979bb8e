// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.core.Clock;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Remembers what another resolver found, and for a shorter time that it found nothing. Holds a bounded number of names;
 * the one that was asked for longest ago goes first. Of several threads that ask for a name at once, one looks it up.
 * Any thread may call.
 *
 * <p>A resolver does not tell how long its answers are good, so the times are fixed. The JDK's own cache below
 * {@link Resolver#system} (30 s, security property {@code networkaddress.cache.ttl}) adds to them.
 */
public final class CachingResolver implements Resolver {
    private static final float LOAD = 0.75f;

    private final Resolver resolver;
    private final Clock clock;
    private final int most;
    private final long found;
    private final long missing;

    /** Guarded by itself. In the order of the last use. */
    private final Map<String, Entry> entries = new LinkedHashMap<>(16, LOAD, true);

    /** What was found, or will be. */
    private static final class Entry {
        final CompletableFuture<List<InetAddress>> answer = new CompletableFuture<>();

        /** Until when it counts; it is not looked at before the answer is there. */
        volatile long until;

        boolean counts(long now) {
            return !answer.isDone() || now - until < 0;
        }
    }

    /** Remembers up to 1024 names, for 5 s each, and for 1 s that there is no address. */
    public CachingResolver(Resolver resolver) {
        this(resolver, Clock.SYSTEM, 1024, Duration.ofSeconds(5), Duration.ofSeconds(1));
    }

    /**
     * Remembers what {@code resolver} says.
     *
     * @param most names to remember, at least 1
     * @param found how long addresses are good
     * @param missing how long a failure is; zero for not at all
     * @throws IllegalArgumentException if {@code most} is below 1 or a time is negative
     */
    public CachingResolver(Resolver resolver, Clock clock, int most, Duration found, Duration missing) {
        if (most < 1 || found.isNegative() || missing.isNegative()) {
            throw new IllegalArgumentException(most + " names for " + found + " and " + missing);
        }
        this.resolver = Objects.requireNonNull(resolver, "resolver");
        this.clock = Objects.requireNonNull(clock, "clock");
        this.most = most;
        this.found = found.toNanos();
        this.missing = missing.toNanos();
    }

    @Override
    public List<InetAddress> resolve(String host) throws UnknownHostException {
        String name = host.toLowerCase(Locale.ROOT);
        Entry entry;
        boolean mine;
        synchronized (entries) {
            Entry known = entries.get(name);
            entry = known == null || !known.counts(clock.nanos()) ? new Entry() : known;
            mine = entry != known;
            if (mine) {
                remember(name, entry);
            }
        }
        if (mine) {
            lookUp(host, entry);
        }
        return result(entry);
    }

    private void remember(String name, Entry entry) {
        entries.put(name, entry);
        if (entries.size() > most) {
            entries.remove(entries.keySet().iterator().next());
        }
    }

    private void lookUp(String host, Entry entry) {
        try {
            List<InetAddress> addresses = List.copyOf(resolver.resolve(host));
            entry.until = clock.nanos() + found;
            entry.answer.complete(addresses);
        } catch (Throwable t) {
            entry.until = clock.nanos() + missing;
            entry.answer.completeExceptionally(t);
        }
    }

    private static List<InetAddress> result(Entry entry) throws UnknownHostException {
        try {
            return entry.answer.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof UnknownHostException unknown) {
                // A new one for each caller: failures are given to others, who may add to them.
                UnknownHostException again = new UnknownHostException(unknown.getMessage());
                again.initCause(unknown);
                throw again;
            }
            throw e;
        }
    }

    /** Forgets everything. */
    public void clear() {
        synchronized (entries) {
            entries.clear();
        }
    }

    /** Returns the number of names that are remembered. */
    public int size() {
        synchronized (entries) {
            return entries.size();
        }
    }
}
