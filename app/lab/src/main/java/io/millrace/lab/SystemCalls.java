// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Counts the system calls of a process and its children with strace(1), which slows them down many times: for a round
 * of its own.
 */
final class SystemCalls implements AutoCloseable {
    private static final long SECONDS = 5;

    private final Process strace;
    private final Path table;

    private SystemCalls(Process strace, Path table) {
        this.strace = strace;
        this.table = table;
    }

    /**
     * Begins to count; throws where strace cannot attach.
     *
     * @param folder for what it writes
     */
    static SystemCalls of(long pid, Path folder) throws IOException, InterruptedException {
        Path table = Files.createTempFile(folder, "calls", ".strace");
        Process strace = new ProcessBuilder("strace", "-f", "-c", "-o", table.toString(), "-p", String.valueOf(pid))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        // There is nothing that it says once it is attached to all threads; a failure shows at once.
        if (strace.waitFor(300, TimeUnit.MILLISECONDS)) {
            Files.deleteIfExists(table);
            throw new IOException("strace cannot attach");
        }
        return new SystemCalls(strace, table);
    }

    /** Ends counting: how many there were. */
    long count() throws IOException, InterruptedException {
        // SIGINT is what makes it write its table and let go.
        new ProcessBuilder("sh", "-c", "kill -INT " + strace.pid()).start().waitFor();
        if (!strace.waitFor(SECONDS, TimeUnit.SECONDS)) {
            throw new IOException("strace does not end");
        }
        for (String line : Files.readAllLines(table)) {
            String[] words = line.strip().split("\\s+");
            if (words[words.length - 1].equals("total")) {
                // 100.00 seconds usecs/call calls [errors] total
                return Long.parseLong(words[3]);
            }
        }
        throw new IOException("strace has counted nothing");
    }

    @Override
    public void close() {
        strace.destroyForcibly();
        try {
            Files.deleteIfExists(table);
        } catch (IOException e) {
            // A small file in the temporary folder.
        }
    }
}
