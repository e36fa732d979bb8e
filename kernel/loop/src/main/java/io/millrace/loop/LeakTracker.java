// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import io.millrace.sys.Files;
import java.lang.ref.Cleaner;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Remembers where events were made, so that errors can name the place, and tells of those that were lost. Costs a stack
 * trace for each event; a loop that is not debugged has none of this.
 */
final class LeakTracker {
    /** Starts a thread, so it is made only for debugging. */
    private static final class Holder {
        static final Cleaner CLEANER = Cleaner.create();
    }

    /** Frames of this room are passed over: the user's own line is wanted. */
    private static final String OWN = LeakTracker.class.getPackageName() + ".";

    private final Consumer<String> reports;

    LeakTracker(Consumer<String> reports) {
        this.reports = reports;
    }

    /** What the system property asks for, {@code null} for no debugging. */
    static @Nullable LeakTracker wanted() {
        return Boolean.getBoolean("io.millrace.loop.debug") ? new LeakTracker(Log::warn) : null;
    }

    CreationSite made(Object event) {
        CreationSite creationSite =
                new CreationSite(event.getClass().getSimpleName(), new Throwable().getStackTrace(), this);
        Holder.CLEANER.register(event, creationSite);
        return creationSite;
    }

    /** What a descriptor stands for, or {@code null} where the kernel is not asked or cannot say. */
    static @Nullable OpenIdentity identity(int fd) {
        long[] values = Files.values();
        return Files.statx(fd, "", Files.AT_EMPTY_PATH, values) < 0
                ? null
                : new OpenIdentity(values[Files.DEVICE], values[Files.INODE]);
    }

    /** What is open behind a descriptor. */
    record OpenIdentity(long device, long inode) {}

    boolean own(StackTraceElement element) {
        return element.getClassName().startsWith(OWN);
    }

    void report(String what) {
        reports.accept(what);
    }
}
