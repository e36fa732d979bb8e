// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Why a server cannot go on: kept, and told once. Any thread may call. */
final class FatalFailure {
    private final @Nullable Consumer<? super Throwable> told;
    private @Nullable Throwable why;

    /** Is told; {@code null} for the log. */
    FatalFailure(@Nullable Consumer<? super Throwable> told) {
        this.told = told;
    }

    /** Notes what was thrown; returns whether it is the first. */
    synchronized boolean note(Throwable thrown) {
        if (why != null) {
            return false;
        }
        why = thrown;
        return true;
    }

    /** Whether there is one. */
    synchronized boolean isThere() {
        return why != null;
    }

    /** Tells what was noted. The callback may fail itself. */
    void tell() {
        try {
            if (told != null) {
                told.accept(why());
                return;
            }
        } catch (Throwable t) {
            // What is said below is worth more.
        }
        Servers.error("the server cannot go on", why());
    }

    private synchronized @Nullable Throwable why() {
        return why;
    }

    /**
     * Belongs at the end of waiting for a server's end.
     *
     * @throws IllegalStateException if it could not go on, with the reason as its cause
     */
    void check() {
        Throwable thrown = why();
        if (thrown != null) {
            throw new IllegalStateException("the server could not go on: " + thrown, thrown);
        }
    }
}
