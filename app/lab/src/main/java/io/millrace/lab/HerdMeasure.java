// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import io.millrace.sys.SysException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What the herd's threads and processes have in common. */
final class HerdMeasure {
    private HerdMeasure() {}

    /** How often the calling thread has slept so far. */
    static long sleeps() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/thread-self/status"))) {
            return lines.filter(line -> line.startsWith("voluntary_ctxt_switches:"))
                    .mapToLong(line ->
                            Long.parseLong(line.substring(line.indexOf(':') + 1).trim()))
                    .sum();
        } catch (IOException e) {
            // No /proc: nothing is counted.
            return 0;
        }
    }

    static void check(String call, int result) throws SysException {
        if (result < 0) {
            throw new SysException(call, result, "for the herd");
        }
    }
}
