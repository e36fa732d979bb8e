// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

/**
 * What a loop has done so far, as {@link LoopMonitor#counters} found it. Each figure is whole, all of them together
 * need not belong to the same moment. The times are 0 until {@link LoopMonitor#timing} asks for them.
 *
 * @param turns waits that have ended
 * @param events what the poller has reported
 * @param callbacks calls of events, tasks and connections
 * @param kernelNanos time spent waiting for the kernel
 * @param callbackNanos time spent in callbacks
 * @param longestNanos the longest callback
 * @param longest whose that was, in words
 */
public record LoopCounters(
        long turns,
        long events,
        long callbacks,
        long kernelNanos,
        long callbackNanos,
        long longestNanos,
        String longest) {}
