// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MediaTypesTest {

    @ParameterizedTest
    @CsvSource({
        "index.html, text/html; charset=utf-8",
        "A.HTM, text/html; charset=utf-8",
        "a.css, text/css; charset=utf-8",
        "a.js, text/javascript; charset=utf-8",
        "a.mjs, text/javascript; charset=utf-8",
        "a.js.map, application/json",
        "a.json, application/json",
        "a.jsonl, application/jsonl",
        "a.wasm, application/wasm",
        "site.webmanifest, application/manifest+json",
        "a.md, text/markdown; charset=utf-8",
        "a.txt, text/plain; charset=utf-8",
        "A.java, text/plain; charset=utf-8",
        "a.csv, text/csv; charset=utf-8",
        "a.png, image/png",
        "a.jpeg, image/jpeg",
        "a.avif, image/avif",
        "a.webp, image/webp",
        "a.svg, image/svg+xml",
        "a.svgz, image/svg+xml",
        "favicon.ico, image/x-icon",
        "a.mp3, audio/mpeg",
        "a.m4a, audio/mp4",
        "a.opus, audio/ogg",
        "a.flac, audio/flac",
        "a.wav, audio/wav",
        "a.mp4, video/mp4",
        "a.webm, video/webm",
        "a.mkv, video/matroska",
        "a.mov, video/quicktime",
        "a.m3u8, application/vnd.apple.mpegurl",
        "a.mpd, application/dash+xml",
        "a.m4s, video/iso.segment",
        "seg1.ts, video/mp2t",
        "a.vtt, text/vtt; charset=utf-8",
        "a.srt, application/x-subrip; charset=utf-8",
        "a.woff2, font/woff2",
        "a.ttf, font/ttf",
        "a.pdf, application/pdf",
        "a.zip, application/zip",
        "a.tar.gz, application/gzip",
        "a.7z, application/x-7z-compressed",
        "a.zst, application/zstd",
        "a.br, application/x-brotli",
        "a.epub, application/epub+zip",
        "a.unknown, application/octet-stream",
        "README, application/octet-stream",
        ".html, application/octet-stream",
        "a., application/octet-stream",
        "dir.html/README, application/octet-stream",
        "dir.x/a.css, text/css; charset=utf-8"
    })
    void typesGoByExtension(String name, String type) {
        assertEquals(type, MediaTypes.of(name).value());
    }

    @Test
    void theTableIsLarge() {
        assertTrue(MediaTypes.size() >= 300, () -> MediaTypes.size() + " extensions");
    }

    @Test
    void onlyWhatIsNotCompressedYetIsCompressible() {
        for (String name :
                new String[] {"a.html", "a.css", "a.js", "a.json", "a.svg", "a.wasm", "a.ttf", "a.m3u8", "a.xml"}) {
            assertTrue(MediaTypes.of(name).compressible(), name);
        }
        for (String name : new String[] {"a.mp4", "a.jpg", "a.woff2", "a.zip", "a.gz", "a.br", "a.zst", "a.bin", "a"}) {
            assertFalse(MediaTypes.of(name).compressible(), name);
        }
    }

    @Test
    void svgzIsGzip() {
        assertEquals("gzip", MediaTypes.of("a.SVGZ").coding());
        assertFalse(MediaTypes.of("a.svgz").compressible());
        assertNull(MediaTypes.of("a.svg").coding());
        assertNull(MediaTypes.of("a.tar.gz").coding());
    }

    @Test
    void everyTextSaysItsCharset() {
        for (String name : new String[] {"a.html", "a.txt", "a.css", "a.vtt", "a.csv", "a.ics", "a.py"}) {
            assertTrue(MediaTypes.of(name).value().endsWith("; charset=utf-8"), name);
        }
    }
}
