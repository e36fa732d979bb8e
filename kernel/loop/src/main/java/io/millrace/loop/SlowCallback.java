// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

/** Is told of callbacks that took long. See {@link LoopMonitor#slow}. */
@FunctionalInterface
public interface SlowCallback {
    /** A callback has taken {@code nanos}. On the loop, which waits meanwhile: be quick. */
    void took(long nanos, Object subject);
}
