// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** One run of the lab, from its scenarios to the page. */
public final class Lab {
    private static final String ENDING = ".properties";

    private final LabRun run;
    private final LabResults results;

    /**
     * A run that has not begun.
     *
     * @param herd what the scenarios of the thundering herd run
     * @param progress is told what is going on, a line at a time
     */
    public Lab(Settings settings, List<Contender> contenders, Experiment herd, Consumer<String> progress) {
        this.run = new LabRun(settings, contenders, herd, progress);
        this.results = run.results();
        results.header.put("when", Instant.now().toString().substring(0, 16).replace('T', ' ') + " UTC");
    }

    /** One more line about the run, for its header: {@code command}, {@code revision}. */
    public void note(String name, String value) {
        results.header.put(name, value);
    }

    /**
     * Measures, and writes the page and the data beside it, broken off or not. Blocks for the whole run.
     *
     * @return whether it came to its end
     * @throws IOException if a file cannot be written or a server cannot be started
     * @throws InterruptedException if the thread is interrupted while it waits
     */
    public boolean run(List<Scenario> scenarios, Path html, Path json) throws IOException, InterruptedException {
        try {
            run.run(scenarios);
        } finally {
            if (!results.parts.isEmpty()) {
                Files.writeString(json, LabJson.text(results));
                Files.writeString(html, Report.of(results));
            }
        }
        return !results.interrupted;
    }

    /** Breaks the run off: what has been measured is written. Any thread may call. */
    public void stop() {
        run.stop();
    }

    /** What a run has shown so far, in sentences, by title of the scenario. */
    public Map<String, List<String>> findings() {
        Map<String, List<String>> all = new LinkedHashMap<>();
        results.parts.forEach(part -> all.put(part.scenario.title(), new Findings(part).sentences()));
        return all;
    }

    /**
     * Draws the page of a run again from its data.
     *
     * @throws IOException if the data cannot be read or the page not be written
     * @throws IllegalArgumentException if the file is not the data of a run
     */
    public static void draw(Path json, Path html) throws IOException {
        Files.writeString(html, Report.of(read(json)));
    }

    /**
     * Returns what changed between two runs and whether it is more than noise, for a terminal.
     *
     * @throws IOException if a file cannot be read
     * @throws IllegalArgumentException if a file is not the data of a run
     */
    public static String compare(Path before, Path after) throws IOException {
        return Comparison.text(Comparison.of(read(before), read(after)));
    }

    private static LabResults read(Path file) throws IOException {
        String text = Files.readString(file);
        try {
            return LabJson.read(text);
        } catch (IOException | IllegalArgumentException e) {
            throw new IllegalArgumentException(file + " is not the data of a run of the lab", e);
        }
    }

    /**
     * Returns the scenarios that come with the command.
     *
     * @throws UncheckedIOException if they cannot be read
     */
    public static List<Scenario> scenarios() {
        try {
            URI uri = Lab.class.getResource("scenarios").toURI();
            if (uri.getScheme().equals("jar")) {
                try (FileSystem jar = FileSystems.newFileSystem(uri, Map.of())) {
                    return scenarios(jar.getPath("io/millrace/lab/scenarios"));
                }
            }
            return scenarios(Path.of(uri));
        } catch (IOException e) {
            throw new UncheckedIOException("the scenarios cannot be read", e);
        } catch (URISyntaxException e) {
            throw new AssertionError("where this class is has a URI", e);
        }
    }

    /**
     * Returns the scenarios in a folder, by name of their files; what stands before a dash at the beginning of the
     * name, a number, is for the order only.
     *
     * @throws IllegalArgumentException saying what is wrong with one of them
     * @throws IOException if the folder cannot be read
     */
    public static List<Scenario> scenarios(Path folder) throws IOException {
        List<Scenario> all = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(each -> each.toString().endsWith(ENDING))
                    .sorted()
                    .toList()) {
                String name = file.getFileName().toString().replace(ENDING, "").replaceFirst("^\\d+-", "");
                try (Reader text = Files.newBufferedReader(file)) {
                    all.add(ScenarioFile.read(name, text));
                }
            }
        }
        return all;
    }
}
