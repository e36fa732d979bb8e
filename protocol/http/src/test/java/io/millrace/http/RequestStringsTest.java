// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RequestStringsTest {
    private final RequestStrings strings = new RequestStrings();

    private String of(byte... bytes) {
        byte[] padded = new byte[bytes.length + 2];
        System.arraycopy(bytes, 0, padded, 1, bytes.length);
        return strings.path(padded, 1, 1 + bytes.length);
    }

    @Test
    void givesTheSameStringAgain() {
        byte[] bytes = "/docs/index.html".getBytes(StandardCharsets.US_ASCII);
        String first = of(bytes);
        assertEquals("/docs/index.html", first);
        assertSame(first, of(bytes));
    }

    /** Bytes that agree with a remembered string in their low halves only must not be taken for it. */
    @Test
    void spellsAnyBytesAsADecoderDoes() {
        Random random = new Random(7);
        for (int round = 0; round < 200_000; round++) {
            byte[] bytes = new byte[random.nextInt(4)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = new byte[] {1, 'a', '/', (byte) 0xc4, (byte) 0x81, (byte) 0xfd}[random.nextInt(6)];
            }
            assertEquals(new String(bytes, StandardCharsets.UTF_8), of(bytes));
        }
    }
}
