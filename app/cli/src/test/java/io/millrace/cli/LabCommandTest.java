// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The lab from the command line, in small. */
@Timeout(300)
final class LabCommandTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int millrace(String... arguments) {
        Terminal terminal = new Terminal(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false,
                Map.of());
        return Main.run(terminal, arguments);
    }

    @Test
    void aRunMeasuresDrawsAndKeepsItsData(@TempDir Path folder) throws Exception {
        Files.writeString(
                folder.resolve("1-trial.properties"),
                "title=Trial\nquestion=Does it run?\nservice=echo\nconnections=4\nquick=true\nsweep=idle:0,20\nmeasured=cpuMicros\n");
        Path page = folder.resolve("page.html");
        int code = millrace(
                "lab",
                "--quick",
                "--models",
                "thread,epoll-et",
                "--scenario-dir",
                folder.toString(),
                "--rounds",
                "1",
                "--seconds",
                "0.3",
                "--no-system-calls",
                "-q",
                "--out",
                page.toString());
        assertEquals(ExitCode.OK, code, err::toString);
        assertTrue(Files.readString(page).contains("Does it run?"));
        String data = Files.readString(folder.resolve("page.json"));
        assertTrue(
                data.contains("\"perCpuSecond\"") && data.contains("\"epoll-et\"") && data.contains("\"held\""), data);
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("came first"), out::toString);

        String json = folder.resolve("page.json").toString();
        assertEquals(ExitCode.OK, millrace("lab", "--compare", json, json));
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("figures compared"), out::toString);
        assertEquals(
                ExitCode.FAILED,
                millrace("lab", "--compare", json, folder.resolve("none.json").toString()));
        assertTrue(
                err.toString(StandardCharsets.UTF_8).contains("there is no " + folder.resolve("none.json")),
                err::toString);
        assertEquals(ExitCode.USAGE, millrace("lab", "--compare", json, page.toString()));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("page.html is not the data of a run"), err::toString);
        assertEquals(
                ExitCode.FAILED,
                millrace("lab", "--out", folder.resolve("none/page.html").toString()));
        Files.delete(page);
        assertEquals(ExitCode.OK, millrace("lab", "--draw", json, "--out", page.toString()));
        assertTrue(Files.exists(page));
    }

    @Test
    void whatThereIsCanBeListed() {
        assertEquals(ExitCode.OK, millrace("lab", "--list"));
        String text = out.toString(StandardCharsets.UTF_8);
        assertTrue(text.contains("epoll-et") && text.contains("new-connections"), text);
    }

    @Test
    void namesThatMeanNothingAreRefused() {
        assertEquals(ExitCode.USAGE, millrace("lab", "--models", "gopher"));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("there is no model 'gopher'"), err::toString);
        assertEquals(ExitCode.USAGE, millrace("lab", "--scenarios", "tea"));
        assertEquals(ExitCode.USAGE, millrace("lab", "--peers", "apache"));
        assertEquals(ExitCode.USAGE, millrace("lab", "--peer", "apache"));
    }

    @Test
    void aLoadNeedsATarget() {
        assertEquals(ExitCode.USAGE, millrace("load"));
        assertEquals(ExitCode.USAGE, millrace("load", "ftp://example.org/"));
        assertEquals(ExitCode.USAGE, millrace("load", "--new-connections", "--pipeline", "2", "127.0.0.1:1"));
        assertTrue(
                err.toString(StandardCharsets.UTF_8).contains("only http://, https://, ws://, wss:// and tcp://"),
                err::toString);
    }
}
