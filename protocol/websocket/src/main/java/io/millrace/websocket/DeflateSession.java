// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import io.millrace.core.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * The compression of one connection as it was negotiated. Holds contexts of its own only for the directions that take
 * them over from message to message.
 */
final class DeflateSession {
    private final DeflatePool pool;
    private final WebSocketCompression settings;
    private final boolean sendTakeover;
    private final boolean receiveTakeover;
    private final int sendBits;
    private @Nullable MessageDeflater deflater;
    private @Nullable MessageInflater inflater;
    private boolean ended;

    DeflateSession(boolean server, DeflateParameters agreed, WebSocketCompression settings, DeflatePool pool) {
        this.pool = pool;
        this.settings = settings;
        this.sendTakeover = server ? agreed.serverTakeover() : agreed.clientTakeover();
        this.receiveTakeover = server ? agreed.clientTakeover() : agreed.serverTakeover();
        this.sendBits = server ? agreed.serverBits() : agreed.clientBits();
    }

    /** Returns whether a message of this size is to be compressed. */
    boolean wants(int length) {
        return length > 0 && length >= settings.threshold();
    }

    /** Returns whether all connections with this window and level can be sent the same bytes. */
    boolean isShareable() {
        return !sendTakeover;
    }

    /** Returns the window of what is sent, as a power of two. */
    int sendBits() {
        return sendBits;
    }

    WebSocketCompression settings() {
        return settings;
    }

    DeflatePool pool() {
        return pool;
    }

    /** Borrows a compressor, for one message. */
    MessageDeflater lendDeflater() {
        if (!sendTakeover) {
            return pool.lendDeflater();
        }
        if (deflater == null) {
            deflater = new MessageDeflater(settings.level());
        }
        return deflater;
    }

    Buffer deflate(MessageDeflater with, byte[] bytes, int offset, int length) {
        return with.deflate(bytes, offset, length, sendBits, sendTakeover);
    }

    void giveBack(MessageDeflater lent) {
        if (!sendTakeover) {
            pool.giveBack(lent);
        }
    }

    /** Borrows what inflates, for one message. */
    MessageInflater lendInflater() {
        if (!receiveTakeover) {
            return pool.lendInflater();
        }
        if (inflater == null) {
            inflater = new MessageInflater();
        }
        return inflater;
    }

    int inflate(MessageInflater with, byte[] bytes, int offset, int length, int most) {
        return with.inflate(bytes, offset, length, most, receiveTakeover);
    }

    void giveBack(MessageInflater lent) {
        if (!receiveTakeover) {
            pool.giveBack(lent);
        } else if (ended) {
            lent.end();
        } else {
            lent.forget();
        }
    }

    /** Frees the contexts that are the connection's own, but for one that inflates just now. */
    void end(boolean inflating) {
        ended = true;
        if (deflater != null) {
            deflater.end();
            deflater = null;
        }
        if (inflater != null && !inflating) {
            inflater.end();
        }
        inflater = null;
    }
}
