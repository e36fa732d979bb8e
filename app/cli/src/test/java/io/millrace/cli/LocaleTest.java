// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.web.WebServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Names beyond ASCII in a locale that has none: the {@code millrace} script takes them for UTF-8, and the JVM alone
 * says what is the matter. What they are called is told by shell scripts, whose bytes no locale changes on the way.
 */
@Timeout(120)
@EnabledOnOs(value = OS.LINUX, disabledReason = "elsewhere the JVM's charset for names does not go by the locale")
final class LocaleTest {
    private static final Path SCRIPT =
            Path.of("").toAbsolutePath().resolve("../../millrace").normalize();

    @TempDir
    Path place;

    @BeforeEach
    void install() throws IOException {
        assumeTrue(Files.isRegularFile(SCRIPT), "not in a checkout: no " + SCRIPT);
        Path app = Files.createDirectories(place.resolve("home/app/cli/target/app"));
        Files.createFile(app.resolve("millrace-cli.jar"));
        Files.copy(SCRIPT, place.resolve("home/millrace"), StandardCopyOption.COPY_ATTRIBUTES);
        Path bin = Files.createDirectories(place.resolve("jdk/bin"));
        Files.writeString(place.resolve("jdk/release"), "JAVA_VERSION=\"25\"\n");
        executable(bin.resolve("javac"), "");
        executable(bin.resolve("java"), """
                if [ -n "${TELL:-}" ]; then echo "$LC_ALL"; exit; fi
                while [ $# -gt 0 ] && [ "$1" != io.millrace.cli.Main ]; do shift; done
                [ $# -gt 0 ] || exit 0
                exec '%s' -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED -cp '%s' "$@"
                """.formatted(
                        ProcessHandle.current().info().command().orElseThrow(), Command.classPath()));
    }

    private static Path executable(Path file, String script) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + script);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** A shell script that ends as the command; {@code $MILLRACE} is the script of a checkout. */
    private ProcessBuilder shell(String locale, String script) throws IOException {
        Path file = executable(place.resolve("run"), script);
        ProcessBuilder builder = new ProcessBuilder(file.toString()).directory(place.toFile());
        builder.environment().keySet().removeAll(List.of("LANG", "LC_CTYPE", "LC_ALL"));
        if (!locale.isEmpty()) {
            builder.environment().put("LC_ALL", locale);
        }
        builder.environment().put("MILLRACE", place.resolve("home/millrace").toString());
        builder.environment().put("MILLRACE_JAVA_HOME", place.resolve("jdk").toString());
        return builder;
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "C", "POSIX", "en_US.ISO-8859-1", "xx_XX.UTF-8"})
    void javaIsStartedInUtf8(String locale) throws Exception {
        assumeTrue(
                Files.exists(Path.of("/usr/lib/locale/C.utf8")) || !locale.equals("xx_XX.UTF-8"),
                "without C.UTF-8 a locale is believed");
        ProcessBuilder builder = shell(locale, "TELL=1 exec \"$MILLRACE\" serve\n");
        Process process = builder.redirectErrorStream(true).start();
        assertEquals("C.UTF-8", new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip());
    }

    private static String get(URI url) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(url)
                    .header("Accept", "text/html,application/json")
                    .build();
            return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
        }
    }

    @Test
    void foldersPagesAndLinksAreFound() throws Exception {
        ProcessBuilder builder = shell("C", """
                mkdir 'dïr'
                printf cheese > 'dïr/käse.txt'
                printf app > 'dïr/ü.html'
                ln -s "$PWD/dïr/käse.txt" 'dïr/absolute'
                exec "$MILLRACE" serve -p 0 --log none '--spa=ü.html' 'dïr'
                """);
        try (Command serve = Command.start(builder)) {
            URI url = serve.url();
            assertEquals("cheese", get(url.resolve("k%C3%A4se.txt")));
            assertEquals("cheese", get(url.resolve("absolute")));
            assertEquals("app", get(url.resolve("some/route")));
            serve.signal("TERM");
            assertEquals(ExitCode.OK, serve.exitCode());
        }
    }

    @Test
    void aUnixSocketHasTheNameThatWasAskedFor() throws Exception {
        ProcessBuilder builder = shell("C", """
                mkdir sockets
                exec "$MILLRACE" serve --log none --listen "unix:$PWD/sockets/ü.sock" home
                """);
        try (Command serve = Command.start(builder)) {
            String where = serve.awaitOut("unix:");
            assertTrue(where.contains("/sockets/ü.sock"), where);
            assertEquals("[%C3%BC.sock]", names("sockets").toString());
            serve.signal("TERM");
            assertEquals(ExitCode.OK, serve.exitCode());
            assertEquals("[]", names("sockets").toString());
        }
    }

    /** By their bytes, whatever the locale of the tests is. */
    private List<String> names(String folder) throws IOException {
        try (var entries = Files.list(place.resolve(folder))) {
            return entries.map(entry -> entry.toUri().getRawPath())
                    .map(path -> path.substring(path.lastIndexOf('/') + 1))
                    .toList();
        }
    }

    /** Without the script nothing is served or listened on by another name. */
    @ParameterizedTest
    @ValueSource(strings = {"'dïr'", "'--spa=ü.html' .", "--listen \"unix:$PWD/ü.sock\""})
    void theJvmAloneSaysWhatIsTheMatter(String arguments) throws Exception {
        ProcessBuilder builder = shell("C", """
                mkdir 'dïr'
                exec "$MILLRACE_JAVA_HOME/bin/java" io.millrace.cli.Main serve -p 0 %s
                """.formatted(arguments).replace("-p 0 --listen", "--listen"));
        try (Command serve = Command.start(builder)) {
            String why = serve.awaitErr("is not in");
            assertTrue(why.contains("the charset of the locale"), why);
            serve.awaitErr("LC_ALL=C.UTF-8");
            assertEquals(ExitCode.USAGE, serve.exitCode());
        }
    }

    /** Whose name Java cannot say, so that only the kernel finds it. */
    @Test
    void theJvmAloneServesTheFolderThatItIsIn() throws Exception {
        ProcessBuilder builder = shell("C", """
                mkdir 'dïr'
                cd 'dïr'
                printf cheese > 'käse.txt'
                ln -s "$PWD/käse.txt" absolute
                exec "$MILLRACE_JAVA_HOME/bin/java" io.millrace.cli.Main serve -p 0 --log none
                """);
        try (Command serve = Command.start(builder)) {
            URI url = serve.url();
            assertEquals("cheese", get(url.resolve("k%C3%A4se.txt")));
            assertEquals("cheese", get(url.resolve("absolute")));
            String listing = get(url);
            assertTrue(listing.contains("käse.txt"), listing);
        }
    }

    /** A program with the library in it, which has a path that Java found and cannot write. */
    static final class Embedded {
        public static void main(String[] args) throws IOException {
            try (DirectoryStream<Path> found = Files.newDirectoryStream(Path.of("found"))) {
                Path folder = found.iterator().next();
                WebServer server = WebServer.on(0).files("/", folder).start();
                System.out.println("http://127.0.0.1:" + server.port() + "/");
            }
        }
    }

    @Test
    void aPathThatJavaCannotWriteIsServed() throws Exception {
        String own = Path.of(LocaleTest.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .toString();
        ProcessBuilder builder = shell("C", """
                mkdir -p found/'dïr'
                printf cheese > found/'dïr/käse.txt'
                ln -s "$PWD/found/dïr/käse.txt" found/'dïr/absolute'
                exec '%s' --enable-native-access=ALL-UNNAMED -cp '%s:%s' '%s'
                """.formatted(
                        ProcessHandle.current().info().command().orElseThrow(),
                        Command.classPath(),
                        own,
                        Embedded.class.getName()));
        try (Command program = Command.start(builder)) {
            URI url = program.url();
            assertEquals("cheese", get(url.resolve("k%C3%A4se.txt")));
            assertEquals("cheese", get(url.resolve("absolute")));
        }
    }
}
