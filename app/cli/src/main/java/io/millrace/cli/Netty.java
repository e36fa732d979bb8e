// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.lab.Machine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The server over Netty of the side-by-side figures ({@code bench}), built when it is asked for: Netty is no dependency
 * of the command.
 */
final class Netty {
    /** What suits Netty best; docs/bench/README.md says how that was found. */
    static final List<String> FLAGS = List.of(
            "--sun-misc-unsafe-memory-access=allow",
            "-Dio.netty.buffer.checkBounds=false",
            "-Dio.netty.buffer.checkAccessible=false");

    private static final String JAR = "millrace-bench.jar";

    private Netty() {}

    /**
     * The folder with the jars, built if need be.
     *
     * @param say is told that it takes a while
     * @throws IOException saying in one line what is missing
     */
    static Path jars(Consumer<String> say) throws IOException, InterruptedException {
        Path home = home();
        if (home == null) {
            throw new IOException("its server is in the sources, and this command does not run in a checkout");
        }
        Path jars = home.resolve("bench/target/app");
        if (isStale(home, jars.resolve(JAR))) {
            if (!Machine.has("mvn")) {
                throw new IOException("Maven is needed to build its server (Debian: apt install maven)");
            }
            say.accept("millrace: building the server over Netty, once (mvn package without tests) ...");
            build(home);
        }
        return jars;
    }

    /** The checkout that this class was built in, or {@code null}. */
    static Path home() {
        String first = System.getProperty("java.class.path").split(":")[0];
        for (Path path = Path.of(first).toAbsolutePath(); path != null; path = path.getParent()) {
            if (Files.isRegularFile(path.resolve("millrace")) && Files.isDirectory(path.resolve("bench"))) {
                return path;
            }
        }
        return null;
    }

    private static boolean isStale(Path home, Path jar) throws IOException {
        if (!Files.exists(jar)) {
            return true;
        }
        long built = Files.getLastModifiedTime(jar).toMillis();
        try (Stream<Path> sources = Files.walk(home.resolve("bench/src/main"))) {
            return sources.anyMatch(each -> each.toFile().lastModified() > built);
        }
    }

    private static void build(Path home) throws IOException, InterruptedException {
        Path log = Files.createTempFile("millrace-netty-", ".log");
        try {
            ProcessBuilder maven = new ProcessBuilder(
                    "mvn", "-q", "-B", "-ntp", "-Dmaven.test.skip=true", "-pl", "bench", "-am", "package");
            maven.environment().put("JAVA_HOME", System.getProperty("java.home"));
            maven.directory(home.toFile()).redirectErrorStream(true).redirectOutput(log.toFile());
            Process process = maven.redirectInput(Path.of("/dev/null").toFile()).start();
            if (process.waitFor() != 0) {
                throw new IOException("its server could not be built: " + complaint(log));
            }
        } finally {
            Files.delete(log);
        }
    }

    /** The first error of Maven, which says more than its last. */
    private static String complaint(Path log) throws IOException {
        List<String> lines =
                Files.readString(log, StandardCharsets.UTF_8).lines().toList();
        return lines.stream()
                .filter(line -> line.startsWith("[ERROR]"))
                .findFirst()
                .orElse("mvn -pl bench -am package says why");
    }
}
