// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Chromium without a window, on one page. What the page has to say it puts into its title, which the debugging port
 * tells.
 */
public final class Browser implements AutoCloseable {
    private static final Path PROGRAM = Path.of("/usr/bin/chromium");
    private static final Pattern PORT = Pattern.compile("DevTools listening on ws://127\\.0\\.0\\.1:(\\d+)/.*");
    private static final Pattern PAGE = Pattern.compile("\"title\": \"([^\"]*)\",\\s*\"type\": \"page\"");
    private static final Pattern DEBUGGER = Pattern.compile("\"webSocketDebuggerUrl\": \"(ws://[^\"]*/page/[^\"]*)\"");
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

    private final Process process;
    private final Path profile;
    private final int port;

    private Browser(Process process, Path profile, int port) {
        this.process = process;
        this.profile = profile;
        this.port = port;
    }

    /** Returns whether it is installed. */
    public static boolean isThere() {
        return Files.isExecutable(PROGRAM);
    }

    /**
     * Opens a page.
     *
     * @param options more options of the command line
     * @throws IOException if the browser does not start
     */
    public static Browser open(String url, String... options) throws IOException {
        Path profile = Files.createTempDirectory("chromium");
        List<String> command = Stream.concat(
                        Stream.of(
                                PROGRAM.toString(),
                                "--headless=new",
                                "--no-sandbox",
                                "--disable-gpu",
                                "--no-first-run",
                                "--disable-background-networking",
                                "--remote-debugging-port=0",
                                "--user-data-dir=" + profile),
                        Stream.concat(Stream.of(options), Stream.of(url)))
                .toList();
        Process process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        BufferedReader said = process.errorReader(StandardCharsets.UTF_8);
        StringBuilder all = new StringBuilder();
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            Matcher found = PORT.matcher(line);
            if (found.matches()) {
                Thread.ofVirtual().start(() -> drain(said));
                return new Browser(process, profile, Integer.parseInt(found.group(1)));
            }
            all.append(line).append('\n');
        }
        throw new IOException("the browser has ended: " + all);
    }

    // What it goes on to say must not fill the pipe.
    private static void drain(BufferedReader said) {
        try {
            said.transferTo(Writer.nullWriter());
        } catch (IOException e) {
            // it has ended
        }
    }

    /** Returns the title of the page, which has no quotes and no backslashes. */
    public String title() throws IOException {
        Matcher page = PAGE.matcher(pages());
        return page.find()
                ? page.group(1).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
                : "";
    }

    /** Returns where a WebSocket speaks Chromium's DevTools protocol with the page. */
    public URI debugger() throws IOException {
        Matcher page = DEBUGGER.matcher(pages());
        if (!page.find()) {
            throw new IOException("the browser has no page");
        }
        return URI.create(page.group(1));
    }

    private String pages() throws IOException {
        try (InputStream in =
                URI.create("http://127.0.0.1:" + port + "/json/list").toURL().openStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Waits until the title of the page is this. */
    public void awaitTitle(String title) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE;
        String now = title();
        while (!now.equals(title)) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("the title is '" + now + "' and not '" + title + "'");
            }
            Thread.sleep(20);
            now = title();
        }
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        process.onExit().join();
        try (Stream<Path> files = Files.walk(profile)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            // A folder that is left among the temporary ones is the least of worries.
        }
    }
}
