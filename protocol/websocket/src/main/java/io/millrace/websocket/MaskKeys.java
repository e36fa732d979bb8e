// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import java.security.SecureRandom;

/**
 * The keys that a client masks its frames with: none may be foretold from those before (RFC 6455 section 10.3). Drawn
 * from the system's source in blocks.
 */
final class MaskKeys {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int BLOCK = 64;

    private final byte[] block = new byte[4 * BLOCK];
    private int used = block.length;

    int next() {
        if (used == block.length) {
            RANDOM.nextBytes(block);
            used = 0;
        }
        used += 4;
        return Masking.key(block, used - 4);
    }
}
