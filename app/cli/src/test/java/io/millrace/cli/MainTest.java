// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MainTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... arguments) {
        return run(false, Map.of(), arguments);
    }

    private int run(boolean interactive, Map<String, String> environment, String... arguments) {
        Terminal terminal = new Terminal(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                interactive,
                environment);
        return Main.run(terminal, arguments);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void withoutACommandTheHelpGoesWhereErrorsGo() {
        assertEquals(ExitCode.USAGE, run());
        assertTrue(err().contains("Usage: millrace"), err());
        assertTrue(err().contains("serve") && err().contains("echo"));
        assertEquals("", out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"-h", "-?", "--help"})
    void helpOfServeNamesEveryOptionAndGivesExamples(String help) {
        assertEquals(ExitCode.OK, run("serve", help));
        for (String option : new String[] {
            "-b, --bind-address",
            "-p, --port",
            "-d, --directory",
            "-o, --output",
            "--log",
            "--color",
            "-q, --quiet",
            "--no-listing",
            "--hidden",
            "--follow-links",
            "--no-precompressed",
            "--compress",
            "--spa",
            "--cors",
            "--cache",
            "--header",
            "--loops",
            "--max-connections",
            "--overload",
            "--spread",
            "--max-head",
            "--head-time",
            "--idle-time",
            "--write-time",
            "--grace",
            "--reload-grace",
            "-version",
            "@FILE",
            "Examples:",
            "Exit codes:"
        }) {
            assertTrue(out().contains(option), option);
        }
        assertTrue(out().lines().allMatch(line -> line.length() <= 100), out());
        assertFalse(out().contains("\u001b"), "colors without a terminal");
        assertEquals("", err());
    }

    @Test
    void helpIsColoredOnATerminalUnlessNoColorIsSet() {
        run(true, Map.of("TERM", "xterm"), "--help");
        assertTrue(out().contains("\u001b["), out());
        out.reset();
        run(true, Map.of("TERM", "xterm", "NO_COLOR", "1"), "--help");
        assertFalse(out().contains("\u001b["), out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"-version", "--version"})
    void versionIsOneLineForEveryCommand(String version) {
        assertEquals(ExitCode.OK, run(version));
        assertEquals(ExitCode.OK, run("serve", version));
        assertTrue(out().matches("(millrace \\S+ \\(Java 2.*\\)\n){2}"), out());
    }

    @Test
    void theVersionIsThatOfThePom() throws IOException {
        String pom = Files.readString(HouseTest.findRoot().resolve("pom.xml"));
        assertTrue(
                pom.contains("<artifactId>millrace-parent</artifactId>\n  <version>" + Version.NUMBER + "</version>"));
    }

    @Test
    void aMistakeIsOneLineAndWhereToReadOn() {
        assertMistake("'--prot'", "serve", "--prot", "80");
        assertMistake("from 0 to 65535", "serve", "--port", "65536");
        assertMistake("from 0 to 65535", "serve", "-p", "http");
        assertMistake("common, combined, route, json, none", "serve", "--log", "long");
        assertMistake("reuse-port, shared, hand-over", "serve", "--spread", "wide");
        assertMistake("1 or more", "serve", "--loops", "0");
        assertMistake("two folders", "serve", "-d", "/one", "/two");
        assertMistake("'Name: value'", "serve", "--header", "nonsense");
        assertMistake("Content-Length", "serve", "--header", "Content-Length: 1");
        assertMistake("--port", "echo", "--port");
        assertMistake("sevre", "sevre");
    }

    private void assertMistake(String words, String... arguments) {
        out.reset();
        err.reset();
        assertEquals(ExitCode.USAGE, run(arguments), String.join(" ", arguments));
        assertTrue(
                err().startsWith("millrace: ")
                        && err().lines().findFirst().orElse("").contains(words),
                err());
        assertTrue(err().contains("--help'."), err());
        assertEquals(2, err().lines().count(), err());
        assertEquals("", out());
    }
}
