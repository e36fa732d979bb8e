// SPDX-License-Identifier: Apache-2.0
package io.millrace.fs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Tells which files of a folder and of the folders in it have changed where nothing better than looking is there: it
 * looks at times and sizes of all files again and again, on a thread of its own. What is passed over is what
 * {@link FolderWatch} passes over.
 */
public final class FolderPoll implements AutoCloseable {
    private final Path folder;
    private final Duration period;
    private final Consumer<Set<String>> changed;
    private final Thread thread;
    private Map<String, Seen> known;

    private record Seen(long modified, long size) {}

    private FolderPoll(Path folder, Duration period, Consumer<Set<String>> changed) {
        this.folder = folder;
        this.period = period;
        this.changed = changed;
        this.known = look();
        this.thread = Thread.ofPlatform().name("folder-poll").daemon().unstarted(this::run);
    }

    /**
     * Looks at a folder; what is there at this moment is no change.
     *
     * @param period time between two looks
     * @param changed is told on the thread that looks: paths below the folder with slashes
     */
    public static FolderPoll open(Path folder, Duration period, Consumer<Set<String>> changed) {
        FolderPoll poll = new FolderPoll(folder, period, changed);
        poll.thread.start();
        return poll;
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(period);
                compare();
            }
        } catch (InterruptedException e) {
            // Closed: the end of the thread.
        }
    }

    private void compare() {
        Map<String, Seen> now = look();
        Set<String> names = new TreeSet<>();
        now.forEach((name, seen) -> {
            if (!seen.equals(known.get(name))) {
                names.add(name);
            }
        });
        for (String name : known.keySet()) {
            if (!now.containsKey(name)) {
                names.add(name);
            }
        }
        known = now;
        if (!names.isEmpty()) {
            changed.accept(Collections.unmodifiableSet(names));
        }
    }

    private Map<String, Seen> look() {
        Map<String, Seen> all = new HashMap<>();
        for (String name : FolderEntries.files(folder, "")) {
            try {
                BasicFileAttributes facts = Files.readAttributes(folder.resolve(name), BasicFileAttributes.class);
                all.put(name, new Seen(facts.lastModifiedTime().toMillis(), facts.size()));
            } catch (IOException e) {
                all.remove(name); // it has gone meanwhile
            }
        }
        return all;
    }

    /** Looks no longer. */
    @Override
    public void close() {
        thread.interrupt();
    }
}
