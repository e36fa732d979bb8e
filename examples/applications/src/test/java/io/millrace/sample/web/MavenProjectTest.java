// SPDX-License-Identifier: Apache-2.0
package io.millrace.sample.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.testkit.RawClient;
import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The sources of examples/maven-project against this build: its test passes, its program serves and stops.
 * {@code test/consumer/run} builds it by Maven from published artifacts alone.
 */
@Timeout(120)
class MavenProjectTest {
    private static final Path PROJECT = Guide.root().resolve("examples/maven-project");
    private static final int TERMINATED = 128 + 15;

    @TempDir
    private Path classes;

    private void compile() throws IOException {
        List<Path> sources = List.of(
                PROJECT.resolve("src/main/java/app/Main.java"), PROJECT.resolve("src/test/java/app/MainTest.java"));
        StringWriter said = new StringWriter();
        List<String> options =
                List.of("-proc:none", "-cp", System.getProperty("java.class.path"), "-d", classes.toString());
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            boolean well = compiler.getTask(
                            said, files, null, options, null, files.getJavaFileObjectsFromPaths(sources))
                    .call();
            assertTrue(well, said::toString);
        }
    }

    @Test
    void itsTestPasses() throws Exception {
        compile();
        URL[] place = {classes.toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(place, MavenProjectTest.class.getClassLoader())) {
            Class<?> test = loader.loadClass("app.MainTest");
            Constructor<?> constructor = test.getDeclaredConstructor();
            constructor.setAccessible(true);
            Method greets = test.getDeclaredMethod("greets");
            greets.setAccessible(true);
            greets.invoke(constructor.newInstance());
        }
    }

    @Test
    void itsProgramServesAndStops() throws Exception {
        compile();
        Process program = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        classes + File.pathSeparator + System.getProperty("java.class.path"),
                        "app.Main",
                        "0")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            String said = program.inputReader().readLine();
            int port = Integer.parseInt(said.replaceAll(".*:(\\d+),.*", "$1"));
            try (RawClient client = RawClient.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
                client.send("GET /hello/world HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
                assertTrue(client.readText().endsWith("Hello, world\n"));
            }
            program.destroy();
            assertTrue(program.waitFor(60, TimeUnit.SECONDS));
            assertEquals(TERMINATED, program.exitValue());
        } finally {
            program.destroyForcibly().waitFor();
        }
    }

    /** What the project depends on is published, and listed among what belongs together. */
    @Test
    void itsArtifactsAreInTheBom() throws IOException {
        String bom = Files.readString(Guide.root().resolve("bom/pom.xml"));
        String version = bom.replaceAll("(?s).*?<version>([^<]*)</version>.*", "$1");
        String pom = Files.readString(PROJECT.resolve("pom.xml"));
        assertEquals(2, pom.split("<version>" + version + "</version>", -1).length - 1, version);
        Pattern.compile("<artifactId>(millrace-\\w+)</artifactId>")
                .matcher(pom)
                .results()
                .forEach(found -> assertTrue(bom.contains(found.group()), found.group()));
    }
}
