// SPDX-License-Identifier: Apache-2.0
package io.millrace.httpserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.millrace.testkit.HouseClassPath;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The JDK's own program jwebserver on both servers: the same output, the same answers. */
@Timeout(120)
final class JwebserverTest {
    private static final Pattern PORT = Pattern.compile("port (\\d+)");
    private static final Pattern END_OF_ENTRY = Pattern.compile("(?m)^<$");
    private static final String MINE = "io.millrace.httpserver.MillraceHttpServerProvider";
    private static final List<String> TARGETS = List.of("/", "/a.txt", "/folder", "/folder/", "/nothing", "/a.txt?q=1");

    private static List<String> command(boolean mine, Path folder) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (mine) {
            command.add("--enable-native-access=ALL-UNNAMED");
            command.addAll(List.of("-cp", HouseClassPath.text()));
            command.add("-Dcom.sun.net.httpserver.HttpServerProvider=" + MINE);
        }
        command.addAll(List.of("-Duser.language=en", "-m", "jdk.httpserver"));
        command.addAll(List.of("-b", "127.0.0.1", "-p", "0", "-d", folder.toString(), "-o", "verbose"));
        return command;
    }

    private static String ask(int port, String target) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(30_000);
            String request = "GET " + target + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void printsAndAnswersTheSame(@TempDir Path folder) throws Exception {
        Path served = Files.createDirectories(folder.resolve("served/folder")).getParent();
        Files.writeString(served.resolve("a.txt"), "the text\n");
        FileTime then = FileTime.from(Instant.parse("2026-01-02T03:04:05Z"));
        Files.setLastModifiedTime(served.resolve("a.txt"), then);
        Files.setLastModifiedTime(served.resolve("folder"), then);
        Files.setLastModifiedTime(served, then);
        assertEquals(run(false, served, folder.resolve("jdk.out")), run(true, served, folder.resolve("millrace.out")));
    }

    /** Returns answers and output, without what differs from run to run: port, time of day. */
    private static List<String> run(boolean mine, Path served, Path output) throws Exception {
        Process process = new ProcessBuilder(command(mine, served))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            Matcher banner = PORT.matcher(awaited(process, output, PORT, 1));
            assertTrue(banner.find());
            int port = Integer.parseInt(banner.group(1));
            List<String> seen = new ArrayList<>();
            for (String target : TARGETS) {
                seen.addAll(answer(ask(port, target)));
            }
            String printed = awaited(process, output, END_OF_ENTRY, TARGETS.size());
            seen.addAll(List.of(printed.replace(Integer.toString(port), "PORT")
                    .replaceAll("\\[\\d\\d/[^]]*]", "[TIME]")
                    .replaceAll("< Date: .*", "< Date: TIME")
                    .split("\n")));
            return seen;
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    /** Returns what a process has printed as soon as the pattern is in it so many times. */
    private static String awaited(Process process, Path output, Pattern pattern, int times) throws Exception {
        for (long end = System.nanoTime() + 30_000_000_000L; System.nanoTime() < end; Thread.sleep(20)) {
            String printed = Files.readString(output);
            if (pattern.matcher(printed).results().count() >= times) {
                return printed;
            }
            assertTrue(process.isAlive(), printed);
        }
        return fail("not printed: " + pattern + " in " + Files.readString(output));
    }

    private static List<String> answer(String text) {
        String[] parts = text.split("\r\n\r\n", 2);
        List<String> lines = new ArrayList<>(List.of(parts[0].split("\r\n")));
        lines.removeIf(line -> line.startsWith("Date:") || line.startsWith("Connection:"));
        List<String> sorted = new ArrayList<>(lines.subList(0, 1));
        lines.stream()
                .skip(1)
                .map(line -> line.toLowerCase(Locale.ROOT))
                .sorted()
                .forEach(sorted::add);
        sorted.add(parts[1]);
        return sorted;
    }
}
