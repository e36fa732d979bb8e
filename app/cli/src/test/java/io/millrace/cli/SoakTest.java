// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The script {@code bench/soak} on the classes of the tests, for {@code -Dsoak.seconds}: mixed load with faults, after
 * which nothing may be left over.
 */
@EnabledIfSystemProperty(named = "soak.seconds", matches = "\\d+", disabledReason = "a run of its own: -Psoak")
class SoakTest {

    @Test
    void nothingIsLeftOverAndEveryAnswerIsRight() throws Exception {
        List<String> line = new ArrayList<>(List.of(
                "python3",
                script().toString(),
                "--seconds",
                System.getProperty("soak.seconds"),
                "--models",
                System.getProperty("soak.models", "epoll-et,io_uring"),
                "--command",
                ProcessHandle.current().info().command().orElseThrow(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                Command.classPath(),
                Main.class.getName(),
                "serve"));
        assertEquals(0, new ProcessBuilder(line).inheritIO().start().waitFor());
    }

    private static Path script() {
        Path here = Path.of("bench/soak");
        return Files.exists(here) ? here : Path.of("../../bench/soak");
    }
}
