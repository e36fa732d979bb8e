// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace serve} as systemd runs it: what it is told, and the sockets that it hands over. */
@Timeout(180)
final class ServeSystemdTest {
    private static final Path ACTIVATE = Path.of("/usr/bin/systemd-socket-activate");
    private static final Path ANALYZE = Path.of("/usr/bin/systemd-analyze");

    /** Prints each datagram as a line; Java has no datagram sockets of the Unix kind. */
    private static final String LISTENER = "import socket,sys\n"
            + "s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)\n"
            + "s.bind(sys.argv[1] if sys.argv[1][0]=='/' else '\\0'+sys.argv[1][1:])\n"
            + "print('bound',flush=True)\n"
            + "while True: print(s.recv(4096).decode().replace('\\n','|'),flush=True)\n";

    @TempDir
    Path folder;

    @BeforeEach
    void needsLinux() throws IOException {
        assumeTrue(System.getProperty("os.name").contains("Linux"), "systemd is for Linux");
        Files.writeString(folder.resolve("a.txt"), "some text\n");
    }

    /** What listens where a manager would. */
    private static final class Manager implements AutoCloseable {
        private final Process process;
        private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

        Manager(String where) throws Exception {
            process = new ProcessBuilder("python3", "-c", LISTENER, where).start();
            Thread.ofVirtual().start(() -> process.inputReader().lines().forEach(lines::add));
            assertEquals("bound", next());
        }

        String next() throws InterruptedException {
            String line = lines.poll(60, TimeUnit.SECONDS);
            assertTrue(line != null, "nothing was said");
            return line;
        }

        /** The next one that is no ping. */
        String news() throws InterruptedException {
            String line = next();
            while (line.equals("WATCHDOG=1")) {
                line = next();
            }
            return line;
        }

        @Override
        public void close() {
            process.destroy();
        }
    }

    private static void assumePython() {
        try {
            assumeTrue(new ProcessBuilder("python3", "-c", "").start().waitFor() == 0, "skipped: python3 fails");
        } catch (IOException e) {
            assumeTrue(false, "skipped: python3 is not installed");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void tellsItsLife(String where) throws Exception {
        assumePython();
        try (Manager manager = new Manager(where);
                Command serve = Command.startWith(
                        Map.of("NOTIFY_SOCKET", where, "WATCHDOG_USEC", "400000"),
                        "serve",
                        "-p",
                        "0",
                        "--drain",
                        "1",
                        folder.toString())) {
            String ready = manager.news();
            assertTrue(ready.startsWith("READY=1|STATUS=serving at "), ready);
            for (int i = 0; i < 3; i++) {
                assertEquals("WATCHDOG=1", manager.next());
            }
            serve.signal("HUP");
            String reloading = manager.news();
            assertTrue(reloading.matches("RELOADING=1\\|MONOTONIC_USEC=[0-9]+\\|STATUS=reloading"), reloading);
            assertTrue(manager.news().startsWith("READY=1|"));
            serve.signal("TERM");
            assertEquals("STOPPING=1|EXTEND_TIMEOUT_USEC=16000000|STATUS=draining", manager.news());
            assertEquals(0, serve.exitCode());
        }
    }

    @Test
    void tellsASocketInTheFileSystem() throws Exception {
        tellsItsLife(folder.resolve("notify.sock").toString());
    }

    @Test
    void tellsAnAbstractSocket() throws Exception {
        tellsItsLife("@millrace-test-" + ProcessHandle.current().pid());
    }

    @Test
    void saysNothingToAnotherProcessesWatchdog() throws Exception {
        assumePython();
        String where = folder.resolve("notify.sock").toString();
        try (Manager manager = new Manager(where);
                Command serve = Command.startWith(
                        Map.of("NOTIFY_SOCKET", where, "WATCHDOG_USEC", "1000000", "WATCHDOG_PID", "1"),
                        "serve",
                        "-p",
                        "0",
                        folder.toString())) {
            assertTrue(manager.next().startsWith("READY=1|"));
            // The watchdog is another process's: nothing more is said until the end.
            serve.signal("TERM");
            assertTrue(manager.next().startsWith("STOPPING=1|"));
            assertEquals(0, serve.exitCode());
        }
    }

    @Test
    void servesOnASocketThatSystemdHandsOver() throws Exception {
        assumeTrue(Files.isExecutable(ACTIVATE), "skipped: " + ACTIVATE + " is not installed");
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        ProcessBuilder builder = new ProcessBuilder(
                ACTIVATE.toString(),
                "-l",
                "127.0.0.1:" + port,
                "--fdname=web",
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                Command.classPath(),
                Main.class.getName(),
                "serve",
                "--listen",
                "fd:web",
                folder.toString());
        try (Command serve = Command.start(builder)) {
            serve.awaitErr("Listening on");
            try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
                // Nobody serves yet: the connection waits in the socket for the process that it starts.
                client.getOutputStream()
                        .write("GET /a.txt HTTP/1.0\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                String answer = new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
                assertTrue(answer.startsWith("HTTP/1.1 200 ") && answer.endsWith("some text\n"), answer);
            }
            serve.signal("TERM");
            assertEquals(0, serve.exitCode());
        }
    }

    private static Path units() {
        Path here = Path.of("../../docs/operate");
        return Files.exists(here) ? here : Path.of("docs/operate");
    }

    @Test
    void theUnitsAreStrict() throws Exception {
        assumeTrue(Files.isExecutable(ANALYZE), "skipped: " + ANALYZE + " is not installed");
        Process analyze = new ProcessBuilder(
                        ANALYZE.toString(),
                        "security",
                        "--offline=true",
                        "--threshold=20",
                        units().resolve("millrace.service").toAbsolutePath().toString())
                .redirectErrorStream(true)
                .start();
        String report = new String(analyze.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, analyze.waitFor(), report);
        String unit = Files.readString(units().resolve("millrace.service"));
        assertFalse(unit.contains("MemoryDenyWriteExecute=yes"), "the JVM compiles");
    }
}
