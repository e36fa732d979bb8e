// SPDX-License-Identifier: Apache-2.0
package io.millrace.zstd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.core.Buffer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compresses by libzstd; the zstd command decompresses. */
final class ZstdCompressorTest {
    private static final byte[] TEXT =
            "All work and no play makes Jack a dull boy.\n".repeat(20_000).getBytes(StandardCharsets.US_ASCII);

    @TempDir
    private Path folder;

    @BeforeEach
    void theLibraryIsThere() {
        String whyNot = ZstdCompressor.whyNot();
        assumeTrue(whyNot == null, whyNot);
    }

    private byte[] decompressed(Buffer compressed) throws Exception {
        Path from = Files.write(folder.resolve("frames.zst"), compressed.toBytes());
        Path to = folder.resolve("frames");
        Process zstd;
        try {
            zstd = new ProcessBuilder("zstd", "-dqf", from.toString(), "-o", to.toString())
                    .inheritIO()
                    .start();
        } catch (IOException e) {
            assumeTrue(false, "no zstd command");
            throw e;
        }
        assertTrue(zstd.waitFor(30, TimeUnit.SECONDS));
        assertEquals(0, zstd.exitValue());
        return Files.readAllBytes(to);
    }

    @Test
    void aContentComesBackAsItWas() throws Exception {
        try (ZstdCompressor compressor = new ZstdCompressor(3)) {
            Buffer out = new Buffer();
            compressor.compress(TEXT, 0, TEXT.length, out);
            compressor.finish(out);
            assertTrue(out.readable() < TEXT.length / 100);
            assertArrayEquals(TEXT, decompressed(out));
        }
    }

    @Test
    void whatIsFlushedIsThereAndBlocksOfNothingMayFollow() throws Exception {
        try (ZstdCompressor compressor = new ZstdCompressor(1)) {
            Buffer out = new Buffer();
            byte[] hello = "hello ".getBytes(StandardCharsets.US_ASCII);
            compressor.compress(hello, 0, hello.length, out);
            assertEquals(0, out.readable());
            compressor.flush(out);
            assertTrue(out.readable() > hello.length);
            out.append(new byte[3]);
            compressor.compress(hello, 0, hello.length, out);
            compressor.finish(out);
            assertEquals("hello hello ", new String(decompressed(out), StandardCharsets.US_ASCII));
        }
    }

    @Test
    void oneCompressorMakesFrameAfterFrame() throws Exception {
        try (ZstdCompressor compressor = new ZstdCompressor(3)) {
            Buffer lost = new Buffer();
            compressor.compress(TEXT, 0, 1000, lost);
            compressor.reset();
            Buffer out = new Buffer();
            for (int i = 0; i < 3; i++) {
                compressor.compress(TEXT, 0, 44, out);
                compressor.finish(out);
            }
            assertEquals(
                    new String(TEXT, 0, 132, StandardCharsets.US_ASCII),
                    new String(decompressed(out), StandardCharsets.US_ASCII));
        }
    }

    @Test
    void levelsThatThereAreNotAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new ZstdCompressor(0));
        assertThrows(IllegalArgumentException.class, () -> new ZstdCompressor(20));
    }
}
