// SPDX-License-Identifier: Apache-2.0
package io.millrace.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Lets a fuzzer that sees which branches are taken invent inputs, for {@code -Dfuzz.seconds} on each target. Each runs
 * in a process of its own; what it prints goes to standard output, and an input that fails lies in {@code target/}.
 */
@EnabledIfSystemProperty(named = "fuzz.seconds", matches = "\\d+", disabledReason = "a run of its own: -Pfuzz")
class FuzzRun {
    private static final int MOST_KEPT = 120;
    private static final int MOST_BYTES = 1024;

    @TempDir
    Path work;

    static Stream<String> targets() {
        String only = System.getProperty("fuzz.target", "");
        return Corpus.TARGETS.stream().filter(target -> target.contains(only));
    }

    @ParameterizedTest
    @MethodSource("targets")
    void noInputFails(String target) throws Exception {
        Corpus corpus = Corpus.of(target);
        Path inputs = Files.createDirectory(work.resolve("inputs"));
        corpus.unpack(inputs);
        String seconds = System.getProperty("fuzz.seconds");
        assertEquals(0, fuzz(target, "-max_total_time=" + seconds, "-print_final_stats=1", inputs.toString()));
        if (Boolean.getBoolean("fuzz.keep")) {
            keep(corpus, target, inputs);
        }
    }

    // The least set of inputs that takes the same branches.
    private void keep(Corpus corpus, String target, Path inputs) throws Exception {
        Path merged = Files.createDirectory(work.resolve("merged"));
        assertEquals(0, fuzz(target, "-merge=1", merged.toString(), inputs.toString()));
        corpus.pack(merged, MOST_KEPT);
    }

    private int fuzz(String target, String... arguments) throws IOException, InterruptedException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> command = Stream.of(
                        List.of(
                                java,
                                "-Xmx512m",
                                "-cp",
                                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                                        .replace(File.pathSeparator + File.pathSeparator, File.pathSeparator),
                                "com.code_intelligence.jazzer.Jazzer",
                                "--target_class=" + target,
                                "--instrumentation_includes=io.millrace.**",
                                "--disabled_hooks=.*",
                                "-artifact_prefix=" + Path.of("target").toAbsolutePath() + File.separator,
                                "-max_len=" + MOST_BYTES),
                        List.of(arguments))
                .flatMap(List::stream)
                .toList();
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }
}
