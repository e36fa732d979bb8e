// SPDX-License-Identifier: Apache-2.0
package io.millrace.bench;

import com.sun.management.ThreadMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.charset.StandardCharsets;

/**
 * Answers questions about this JVM: a line on standard input, a number on standard output. Costs nothing while it is
 * not asks; attaching from outside (jcmd) would load classes and start threads in the very process that is being
 * measured.
 *
 * <pre>
 *   allocated    bytes that all threads have allocated on the heap since the start
 *   live         bytes of the heap that are in use after a full collection
 * </pre>
 */
final class JvmProbe {
    private JvmProbe() {}

    /** Listens on a thread of its own until standard input ends. */
    static void listen() {
        Thread.ofPlatform().daemon().name("probe").start(JvmProbe::answer);
    }

    private static void answer() {
        InputStreamReader in = new InputStreamReader(System.in, StandardCharsets.US_ASCII);
        try (BufferedReader questions = new BufferedReader(in)) {
            for (String question = questions.readLine(); question != null; question = questions.readLine()) {
                System.out.println(value(question));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long value(String question) {
        return switch (question) {
            case "allocated" -> ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getTotalThreadAllocatedBytes();
            case "live" -> live();
            default -> -1;
        };
    }

    /**
     * As the collector left it: what the heap says is in use a moment later counts the buffer of each thread that has
     * begun to allocate again as full, which is megabytes.
     */
    private static long live() {
        // The second one takes what the first one's reference processing has let go.
        System.gc();
        System.gc();
        long used = 0;
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            if (pool.getType() == MemoryType.HEAP && pool.getCollectionUsage() != null) {
                used += pool.getCollectionUsage().getUsed();
            }
        }
        return used;
    }
}
