// SPDX-License-Identifier: Apache-2.0
package io.millrace.signals;

import io.millrace.loop.EventLoop;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Signals as events of a loop: any number of watches for a signal, on any number of loops. The JDK gives each delivery
 * to a thread of its own, and that hands it to the loops; so a callback may do whatever a callback may do. The handler
 * that was there before is put back with the last watch.
 *
 * <p>A signal that is watched does not do what it did before: with {@code TERM} or {@code INT} watched the process does
 * not end.
 *
 * <p>signalfd(2) would want a signal to be blocked in every thread of the JVM, those included that the JVM has started
 * before any Java code ran: a thread that does not block it takes the default action, which for most ends the process.
 */
public final class Signals {
    private static final String FAULT = "HotSpot needs it for its own faults";
    private static final Map<String, String> REFUSED = Map.ofEntries(
            Map.entry("QUIT", "HotSpot answers it with a thread dump"),
            Map.entry("ILL", FAULT),
            Map.entry("FPE", FAULT),
            Map.entry("SEGV", FAULT),
            Map.entry("BUS", FAULT),
            Map.entry("TRAP", FAULT),
            Map.entry("XFSZ", "HotSpot ignores it, so that a write beyond the limit fails with EFBIG"),
            Map.entry("PIPE", "HotSpot ignores it, so that a write to a closed socket fails with EPIPE"),
            Map.entry("USR2", "HotSpot suspends threads with it"),
            Map.entry("KILL", "the kernel lets nobody catch it"),
            Map.entry("STOP", "the kernel lets nobody catch it"));

    private static final Map<String, Shared> WATCHED = new HashMap<>();

    private Signals() {}

    /** A signal and all watches for it. */
    private static final class Shared {
        final CopyOnWriteArrayList<SignalWatch> watches = new CopyOnWriteArrayList<>();

        /** The handler that was there before. */
        @Nullable
        Object before;

        void arrived() {
            watches.forEach(SignalWatch::arrived);
        }
    }

    /** Why a signal cannot be watched, or {@code null} if nothing is known against it. */
    public static @Nullable String whyNot(String name) {
        return REFUSED.get(plain(name));
    }

    /**
     * Watches for a signal. On the loop, or before it runs.
     *
     * @param name with or without {@code SIG}: {@code "HUP"}
     * @throws IllegalArgumentException saying why, if this signal cannot be watched
     */
    public static SignalWatch watch(EventLoop loop, String name, SignalWatch.Callback callback) {
        String plain = plain(name);
        String whyNot = whyNot(plain);
        if (whyNot != null) {
            throw new IllegalArgumentException("SIG" + plain + " cannot be watched: " + whyNot);
        }
        SignalWatch watch = new SignalWatch(loop, new JdkSignal(plain), callback);
        try {
            add(plain, watch);
            return watch;
        } catch (IllegalArgumentException e) {
            watch.close();
            // What the JDK itself refuses, such as INT and TERM of a JVM that was started with -Xrs.
            throw new IllegalArgumentException("SIG" + plain + " cannot be watched: " + e.getMessage(), e);
        }
    }

    private static String plain(String name) {
        return name.startsWith("SIG") ? name.substring("SIG".length()) : name;
    }

    private static void add(String name, SignalWatch watch) {
        synchronized (WATCHED) {
            Shared shared = WATCHED.get(name);
            if (shared == null) {
                shared = new Shared();
                shared.watches.add(watch);
                shared.before = watch.signal().handle(shared::arrived);
                WATCHED.put(name, shared);
            } else {
                shared.watches.add(watch);
            }
        }
    }

    static void remove(SignalWatch watch) {
        synchronized (WATCHED) {
            Shared shared = WATCHED.get(watch.name());
            if (shared != null && shared.watches.remove(watch) && shared.watches.isEmpty()) {
                watch.signal().install(shared.before);
                WATCHED.remove(watch.name());
            }
        }
    }
}
