// SPDX-License-Identifier: Apache-2.0
package io.millrace.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** gRPC by the client of Node, in clear and over TLS. */
@Timeout(180)
final class GrpcNodeTest {
    private static final String ALL = """
            unary
            server stream
            client stream
            both
            refused
            cancelled
            deadline
            """;

    @TempDir
    private Path folder;

    private static boolean isInstalled(String program) {
        return List.of(System.getenv("PATH").split(File.pathSeparator)).stream()
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private String run(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("node", script().toString()));
        command.addAll(List.of(arguments));
        File output = Files.createTempFile(folder, "node", ".output").toFile();
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output);
        builder.environment().put("CLIENTS", Path.of("").toAbsolutePath().toString());
        Process process = builder.start();
        try {
            assertTrue(process.waitFor(120, TimeUnit.SECONDS), "node does not end");
        } finally {
            process.destroyForcibly();
        }
        return Files.readString(output.toPath(), StandardCharsets.ISO_8859_1);
    }

    private static Path script() throws Exception {
        return Path.of(GrpcNodeTest.class.getResource("calls.js").toURI());
    }

    @Test
    void everyKindOfCallWorks() throws Exception {
        assumeTrue(isInstalled("node"), "node is not installed");
        assumeTrue(
                Files.isDirectory(Path.of("node_modules", "@grpc", "grpc-js")),
                "@grpc/grpc-js is not there: npm install --no-package-lock in test/clients");
        try (GrpcServer server = new GrpcServer(folder.resolve("tls"))) {
            assertEquals(ALL, run("127.0.0.1:" + server.clear.port()));
            GrpcService.awaitMore(server.service.cancelled, 0);
            GrpcService.awaitMore(server.service.expired, 0);
            assertEquals(ALL, run("localhost:" + server.secure.port(), server.certificate.toString()));
            GrpcService.awaitMore(server.service.cancelled, 1);
            GrpcService.awaitMore(server.service.expired, 1);
        }
    }
}
