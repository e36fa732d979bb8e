// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.compress.Compression;
import io.millrace.compress.ContentCoding;
import io.millrace.compress.GzipCoding;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Compressed answers as curl and Node's fetch (undici) decode them, where these are installed. */
@Timeout(120)
final class CompressionClientsTest {
    private static final String PAGE = "All work and no play makes Jack a dull boy.\n".repeat(20_000);
    private static final String FETCH = "fetch(process.argv[1]).then(r => r.text().then(t =>"
            + " process.stdout.write(r.headers.get('content-encoding') + '\\n' + t)))";

    @TempDir
    private Path folder;

    private String run(String... command) throws Exception {
        Path out = folder.resolve("out");
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(out.toFile())
                    .start();
        } catch (IOException e) {
            assumeTrue(false, command[0] + " is not installed");
            throw e;
        }
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), command[0] + " does not end");
        assertEquals(0, process.exitValue(), () -> command[0] + " failed");
        return Files.readString(out, StandardCharsets.UTF_8);
    }

    private static WebServer serve(ContentCoding coding) throws IOException {
        return WebServer.on(0)
                .get("/", (request, response) -> response.send(PAGE))
                .compress(Compression.DEFAULT.withCodings(coding))
                .start();
    }

    private void curl(ContentCoding coding) throws Exception {
        Path head = folder.resolve("head");
        try (WebServer server = serve(coding)) {
            String url = "http://localhost:" + server.port() + "/";
            assertEquals(PAGE, run("curl", "-sS", "--compressed", "-D", head.toString(), url));
        }
        String fields = Files.readString(head, StandardCharsets.ISO_8859_1);
        assertTrue(fields.contains("Content-Encoding: " + coding.token() + "\r\n"), fields);
    }

    @Test
    void curlDecodesGzip() throws Exception {
        curl(new GzipCoding(GzipCoding.USUAL_LEVEL));
    }

    @Test
    void curlDecodesZstd() throws Exception {
        assumeTrue(ZstdCoding.whyNot() == null, ZstdCoding.whyNot());
        assumeTrue(run("curl", "--version").contains("zstd"), "this curl decodes no zstd");
        curl(new ZstdCoding(ZstdCoding.USUAL_LEVEL));
    }

    @Test
    void fetchOfNodeDecodesGzip() throws Exception {
        assumeTrue(run("node", "-p", "typeof fetch").startsWith("function"), "this Node has no fetch");
        try (WebServer server = serve(new GzipCoding(GzipCoding.USUAL_LEVEL))) {
            assertEquals("gzip\n" + PAGE, run("node", "-e", FETCH, "http://localhost:" + server.port() + "/"));
        }
    }
}
