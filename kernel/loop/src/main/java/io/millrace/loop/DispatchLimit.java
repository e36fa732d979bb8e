// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How much is called back before the loop looks for more urgent events.
 *
 * @param interval how long callbacks may take together, {@code null} for any time
 * @param callbacks how many of them there may be
 * @param fromPriority those that are more urgent are not limited
 */
public record DispatchLimit(@Nullable Duration interval, int callbacks, int fromPriority) {
    /** No limit but that of tasks in a turn. */
    public static final DispatchLimit NONE = new DispatchLimit(null, Integer.MAX_VALUE, 0);

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException for less than one callback, or a negative priority
     */
    public DispatchLimit {
        if (callbacks < 1 || fromPriority < 0) {
            throw new IllegalArgumentException("at least one callback, from priority 0 on");
        }
    }
}
