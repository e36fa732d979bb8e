// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.jr.ob.JSON;
import io.millrace.testkit.HouseClassPath;
import io.millrace.web.StatusSocket;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import picocli.CommandLine;

/** The command in a process of its own, as a user runs it; what it prints can be waited for. */
final class Command implements AutoCloseable {
    private static final Pattern URL = Pattern.compile("http://\\S+:\\d+/");
    private static final long PATIENCE_SECONDS = 60;
    private static final String END = "\0end";

    private final Process process;
    private final BlockingQueue<String> out = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> err = new LinkedBlockingQueue<>();

    private Command(Process process) {
        this.process = process;
        pump(process.getInputStream(), out);
        pump(process.getErrorStream(), err);
    }

    /** Starts {@code millrace} with these arguments, on the class path of the tests. */
    static Command start(String... arguments) throws IOException {
        return start(Redirect.PIPE, Map.of(), arguments);
    }

    /** The same with standard output going to a file. */
    static Command startInto(File file, String... arguments) throws IOException {
        return start(Redirect.to(file), Map.of(), arguments);
    }

    /** The same with these variables in its environment. */
    static Command startWith(Map<String, String> environment, String... arguments) throws IOException {
        return start(Redirect.PIPE, environment, arguments);
    }

    private static Command start(Redirect out, Map<String, String> environment, String... arguments)
            throws IOException {
        List<String> line = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-ea",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath(),
                Main.class.getName()));
        line.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(line).redirectOutput(out);
        builder.environment().putAll(environment);
        return start(builder);
    }

    /** Starts a process that becomes the command. */
    static Command start(ProcessBuilder builder) throws IOException {
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        return new Command(builder.start());
    }

    /** Where the classes of the command come from: test runners do not all put them on the JVM's own class path. */
    static String classPath() {
        Stream<String> libraries = Stream.of(CommandLine.class, Histogram.class, JSON.class, JsonFactory.class)
                .map(Command::place);
        return Stream.of(HouseClassPath.places().stream().map(Path::toString), libraries, acme())
                .flatMap(each -> each)
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** What the launcher adds for {@code --acme}; no module of the command names it. */
    private static Stream<String> acme() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(place -> place.matches(".*/(acme4j|bc|jose4j|slf4j)[^/]*\\.jar"));
    }

    /** The folder or archive that a class comes from. */
    static String place(Class<?> one) {
        String place = one.getProtectionDomain().getCodeSource().getLocation().toString();
        return Path.of(URI.create(place)).toString();
    }

    private static void pump(InputStream from, BlockingQueue<String> to) {
        Thread.ofVirtual().start(() -> {
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    to.add(line);
                }
            } catch (IOException e) {
                // The process has been ended, and its stream with it, while a line was awaited.
                to.add(e.toString());
            } finally {
                to.add(END);
            }
        });
    }

    /** The next line on standard output that contains {@code text}; those before it are passed over. */
    String awaitOut(String text) throws InterruptedException {
        return await(out, text);
    }

    /** The same on standard error. */
    String awaitErr(String text) throws InterruptedException {
        return await(err, text);
    }

    private String await(BlockingQueue<String> lines, String text) throws InterruptedException {
        StringBuilder seen = new StringBuilder();
        while (true) {
            String line = lines.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (line == null || line.equals(END)) {
                throw new AssertionError("no line with '" + text + "' but:\n" + seen + rest(err, 2));
            }
            if (line.contains(text)) {
                return line;
            }
            seen.append(line).append('\n');
        }
    }

    /** The URL in the banner. */
    URI url() throws InterruptedException {
        Matcher url = URL.matcher(awaitOut("http://"));
        if (!url.find()) {
            throw new AssertionError("no URL with a port");
        }
        return URI.create(url.group());
    }

    /** What else is on standard output until the process ends. */
    String restOfOut() throws InterruptedException {
        exitCode();
        return rest(out, PATIENCE_SECONDS);
    }

    /** What else is on standard error until the process ends. */
    String restOfErr() throws InterruptedException {
        exitCode();
        return rest(err, PATIENCE_SECONDS);
    }

    private static String rest(BlockingQueue<String> lines, long seconds) throws InterruptedException {
        StringBuilder rest = new StringBuilder();
        for (String line = lines.poll(seconds, TimeUnit.SECONDS);
                line != null && !line.equals(END);
                line = lines.poll(seconds, TimeUnit.SECONDS)) {
            rest.append(line).append('\n');
        }
        return rest.toString();
    }

    /** Waits for the file by which {@code millrace top} finds the server. */
    Path awaitStatusSocket() throws IOException, InterruptedException {
        Path file = StatusSocket.folder().resolve(pid() + ".sock");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!Files.exists(file)) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError(file + " does not come" + (isAlive() ? "" : ", for the server has ended"));
            }
            Thread.sleep(20);
        }
        return file;
    }

    /**
     * Sends a signal by its name, as kill(1) does. Where the tests were started by nohup(1) their children ignore
     * SIGHUP, and a test of it is skipped.
     */
    void signal(String name) throws IOException, InterruptedException {
        assumeFalse(name.equals("HUP") && isIgnored(1), "SIGHUP is ignored, as under nohup");
        int code = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
        if (code != 0) {
            throw new IOException("kill: " + code);
        }
    }

    /**
     * Asks it to stop as Ctrl-C does and returns the number of the signal. A process that was started in the background
     * by a shell ignores SIGINT (POSIX sh, "Asynchronous Lists"), and so does every child: there it is SIGTERM.
     */
    int interrupt() throws IOException, InterruptedException {
        boolean ignored = isIgnored(2);
        signal(ignored ? "TERM" : "INT");
        return ignored ? 15 : 2;
    }

    private static boolean isIgnored(int number) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).trim(), 16) >> (number - 1) & 1) != 0);
    }

    boolean isAlive() {
        return process.isAlive();
    }

    long pid() {
        return process.pid();
    }

    /** Waits for the end and returns its exit code. */
    int exitCode() throws InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("the command did not end");
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
