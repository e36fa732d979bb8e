// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The folder of a run: what is served, what servers say and leave behind. It is deleted at the end; where a run was
 * killed, the next one deletes it, seeing by the file {@code owner} that the process is gone.
 */
public final class RunFolder implements AutoCloseable {
    private static final String PREFIX = "millrace-lab-";
    private static final String OWNER = "owner";

    private final Path path;

    private RunFolder(Path path) {
        this.path = path;
    }

    /**
     * Makes a new one in the folder for temporary files, from which those of runs that are gone are removed.
     *
     * @throws IOException if it cannot be made
     */
    public static RunFolder open() throws IOException {
        return open(Path.of(System.getProperty("java.io.tmpdir")));
    }

    static RunFolder open(Path parent) throws IOException {
        removeLeftOvers(parent);
        Path path = Files.createTempDirectory(parent, PREFIX);
        Files.writeString(path.resolve(OWNER), identity(ProcessHandle.current()));
        return new RunFolder(path);
    }

    /** A process id comes round again: together with its start it does not. */
    private static String identity(ProcessHandle process) {
        return process.pid() + " "
                + process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }

    private static void removeLeftOvers(Path parent) {
        try (Stream<Path> all = Files.list(parent)) {
            all.filter(each -> each.getFileName().toString().startsWith(PREFIX))
                    .filter(RunFolder::isLeftOver)
                    .toList()
                    .forEach(RunFolder::delete);
        } catch (IOException e) {
            // An error of this look is told again when something is written there.
        }
    }

    /** One that does not say whose it is stays: it may be a moment old. */
    private static boolean isLeftOver(Path folder) {
        try {
            String owner = Files.readString(folder.resolve(OWNER));
            Optional<ProcessHandle> process = ProcessHandle.of(Long.parseLong(owner.substring(0, owner.indexOf(' '))));
            return process.isEmpty() || !identity(process.get()).equals(owner);
        } catch (IOException | RuntimeException notOurs) {
            return false;
        }
    }

    /** Where it is. */
    public Path path() {
        return path;
    }

    private static void delete(Path folder) {
        List<Path> all;
        try (Stream<Path> walk = Files.walk(folder)) {
            all = walk.sorted(Comparator.reverseOrder()).toList();
        } catch (IOException e) {
            return;
        }
        for (Path each : all) {
            try {
                Files.deleteIfExists(each);
            } catch (IOException e) {
                // Of another user, or a server that does not end is still writing: the next run tries again.
            }
        }
    }

    /** Deletes it with all that is in it. */
    @Override
    public void close() {
        delete(path);
    }
}
