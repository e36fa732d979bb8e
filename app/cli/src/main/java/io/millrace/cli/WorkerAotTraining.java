// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.models.IoModel;
import io.millrace.web.WebServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The life of a process that serves one client, in small, for its start-up cache: the launcher runs this before the
 * first {@code --model process} after a build. The client asks once for each kind of answer, for that is all that most
 * clients do.
 */
public final class WorkerAotTraining {
    private WorkerAotTraining() {}

    /** Writes the cache to the file that is named; exit code 0 if it went well. */
    public static void main(String[] args) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("millrace-training");
        Path page = Files.writeString(folder.resolve("page.html"), "<!DOCTYPE html><title>A page</title>");
        List<String> command = new ArrayList<>(WorkerMain.command(
                ServeCommand.NAME, List.of("--model=process", "--log=common", "--directory=" + folder)));
        command.addAll(1, List.of("-XX:AOTCacheOutput=" + args[0], "-Xlog:disable", "-Dmillrace.worker.training=true"));
        command.add(1, "-XX:SharedBaseAddress=" + address());
        // Without profiles: to read them in takes longer than a worker that serves a request or two can gain by them.
        command.addAll(
                1,
                List.of(
                        "-XX:+IgnoreUnrecognizedVMOptions",
                        "-XX:+UnlockDiagnosticVMOptions",
                        "-XX:-AOTRecordTraining"));
        WebServer server =
                WebServer.on(0).model(IoModel.PROCESS).workerCommand(command).start();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(20_000);
            for (String request : List.of("/", "/page.html", "/nothing")) {
                socket.getOutputStream()
                        .write(("GET " + request + " HTTP/1.1\r\nHost: x\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
                if (socket.getInputStream().read(new byte[64 * 1024]) < 0) {
                    throw new IOException("no answer");
                }
            }
            // Breaks off, as clients do: what an error needs is in the cache, too.
            socket.setSoLinger(true, 0);
        }
        // The worker writes the cache when it ends.
        boolean whole = server.stop(Duration.ofSeconds(60));
        Files.deleteIfExists(page);
        Files.deleteIfExists(folder);
        System.exit(whole ? 0 : ExitCode.FAILED);
    }

    /**
     * Where the cache will lie: anywhere in 4 TiB above 32 GiB, at a multiple of 16 MiB, which cannot be guessed by one
     * who attacks a worker.
     */
    private static long address() {
        return (1L << 35) + (new SecureRandom().nextLong(1L << 18) << 24);
    }
}
