// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Ascii;
import java.net.URI;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PathNormalizerTest {
    @ParameterizedTest
    @CsvSource({
        "/, /",
        "/a, /a",
        "/a/, /a/",
        "//, /",
        "//a, /a",
        "/a//b, /a/b",
        "/a/./b, /a/b",
        "/a/../b, /b",
        "/.., /",
        "/../.., /",
        "/a/.., /",
        "/a/b/.., /a/",
        "/a/., /a/",
        "/., /",
        "/a/../../b, /b",
        "/..a, /..a",
        "/a.., /a..",
        "/..., /...",
        "/.hidden, /.hidden",
        "/a/b/../../c/, /c/",
        "/%2e%2e/a, /a",
        "/a/%2E%2e/b, /b",
        "/a%2f..%2fb, /b",
        "/..%2f..%2fa, /a",
        "/a%2Fb, /a/b",
        "/%41, /A",
        "/%2541, /%41",
        "/a%20b, /a b",
        "/%252e%252e/a, /%2e%2e/a",
        "/a+b, /a+b",
        "/a;b/../c, /c"
    })
    void pathsAreDecodedAndResolved(String raw, String path) {
        assertEquals(path, Asked.of("GET", raw).path());
    }

    @Test
    void agreesWithTheJdkOnDots() {
        Random random = new Random(5);
        List<String> parts = List.of("a", "b", ".", "..", "c.d");
        for (int i = 0; i < 5000; i++) {
            StringBuilder raw = new StringBuilder();
            int depth = 0;
            for (int n = 1 + random.nextInt(6); n > 0; n--) {
                String part = parts.get(random.nextInt(parts.size()));
                depth += part.equals("..") ? -1 : part.equals(".") ? 0 : 1;
                if (depth < 0) {
                    break; // the JDK keeps dots that lead out of the root
                }
                raw.append('/').append(part);
            }
            if (raw.isEmpty()) {
                continue;
            }
            assertEquals(
                    URI.create(raw.toString()).normalize().getPath(),
                    Asked.of("GET", raw.toString()).path(),
                    raw.toString());
        }
    }

    @Test
    void whateverIsAskedNothingLeadsUpwards() {
        Random random = new Random(6);
        String[] pieces = {"/", "..", ".", "%2e", "%2f", "%2E%2E", "a", "%5c", "\\", "%", "%25", "%c0%af", "//", "%00"};
        for (int i = 0; i < 20_000; i++) {
            StringBuilder raw = new StringBuilder("/");
            for (int n = random.nextInt(10); n > 0; n--) {
                raw.append(pieces[random.nextInt(pieces.length)]);
            }
            String path = Asked.of("GET", raw.toString()).path();
            assertTrue(path.startsWith("/"), raw.toString());
            assertFalse(path.contains("//"), raw + " is " + path);
            for (String part : path.split("/")) {
                assertFalse(part.equals("..") || part.equals("."), raw + " is " + path);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/, true",
        "/%41, true",
        "/%, false",
        "/%4, false",
        "/%4g, false",
        "/%g4, false",
        "/%00, false",
        "/a%0, false",
        "/%ff%FE, true",
        "/%%41, false",
        "/%-1, false"
    })
    void escapesAreChecked(String raw, boolean valid) {
        byte[] bytes = Ascii.bytes(raw);
        assertEquals(valid, PathNormalizer.valid(bytes, 0, bytes.length));
    }

    @Test
    void queries() {
        ExchangeRequest request = Asked.of("GET", "/a?x=1&y=a+b%26&x=2&z&=e&%78=3&w=1=2&bad=%4");
        assertEquals("1", request.query("x"));
        assertEquals(List.of("1", "2", "3"), request.queryAll("x"));
        assertEquals("a b&", request.query("y"));
        assertEquals("", request.query("z"));
        assertEquals("1=2", request.query("w"));
        assertEquals("%4", request.query("bad"));
        assertEquals("e", request.query(""));
        assertEquals(null, request.query("nothing"));
        assertEquals(null, Asked.of("GET", "/a").query());
        assertEquals("", Asked.of("GET", "/a?").query());
        assertEquals("/a", request.rawPath());
    }
}
