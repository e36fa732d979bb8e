// SPDX-License-Identifier: Apache-2.0
package io.millrace.acme;

import io.millrace.tls.DevelopmentCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Debian's pebble, an authority for tests, as a process of its own; it checks names at ports that it is told. */
final class Pebble implements AutoCloseable {
    private static final Path PROGRAM = Path.of("/usr/bin/pebble");
    private static final int DEADLINE_SECONDS = 30;

    private final Process process;
    private final Process names;
    private final int port;
    private final Path root;
    private final Path log;

    private Pebble(Process process, Process names, int port, Path root, Path log) {
        this.process = process;
        this.names = names;
        this.port = port;
        this.root = root;
        this.log = log;
    }

    static boolean isHere() {
        return Files.isExecutable(PROGRAM);
    }

    /** Starts one that looks for texts at one port and for certificates at another, under whatever name. */
    static Pebble start(Path folder, int httpPort, int tlsPort) throws IOException, InterruptedException {
        DevelopmentCertificate.in(folder, List.of("localhost", "127.0.0.1"));
        Path own = DevelopmentCertificate.file(folder);
        int port = freePort();
        int dns = freePort();
        Path configuration = folder.resolve("pebble.json");
        Files.writeString(configuration, """
                {"pebble": {"listenAddress": "127.0.0.1:%d", "managementListenAddress": "127.0.0.1:%d",
                 "certificate": "%s", "privateKey": "%s", "httpPort": %d, "tlsPort": %d}}
                """.formatted(port, freePort(), own, own, httpPort, tlsPort));
        Process names = new ProcessBuilder(
                        "/usr/bin/pebble-challtestsrv",
                        "-dns01",
                        "127.0.0.1:" + dns,
                        "-http01",
                        "",
                        "-https01",
                        "",
                        "-tlsalpn01",
                        "",
                        "-management",
                        "127.0.0.1:" + freePort(),
                        "-defaultIPv6",
                        "")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        ProcessBuilder builder = new ProcessBuilder(
                PROGRAM.toString(), "-config", configuration.toString(), "-dnsserver", "127.0.0.1:" + dns);
        builder.environment().put("PEBBLE_VA_NOSLEEP", "1");
        Path log = folder.resolve("pebble.log");
        Process process =
                builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        Pebble pebble = new Pebble(process, names, port, own, log);
        pebble.awaitPort();
        return pebble;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private void awaitPort() throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
        while (true) {
            try {
                new Socket(InetAddress.getLoopbackAddress(), port).close();
                return;
            } catch (IOException e) {
                if (System.nanoTime() > end || !process.isAlive()) {
                    close();
                    throw new IOException("pebble does not answer: " + Files.readString(log), e);
                }
                Thread.sleep(20);
            }
        }
    }

    URI directory() {
        return URI.create("https://localhost:" + port + "/dir");
    }

    /** What its own certificate is trusted by. */
    Path root() {
        return root;
    }

    /** The lines of its log that hold some words. */
    List<String> log(String words) throws IOException {
        List<String> found = new ArrayList<>(Files.readAllLines(log));
        found.removeIf(line -> !line.contains(words));
        return found;
    }

    @Override
    public void close() {
        process.destroy();
        names.destroy();
        try {
            process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS);
            names.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
