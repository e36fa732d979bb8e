// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import io.millrace.core.Buffer;

/**
 * Stands between a link and the protocol above it, transforms what passes and decides when the protocol is opened: TLS,
 * compression, a header in front. Does no I/O, is called by the owner of its link, and belongs to that one link.
 * {@link LayerProtocol} puts it there; a {@link LinkFilter} is the simple kind.
 *
 * <p>Both ways work alike: consume from {@code from}, append to {@code to}, and say what came of it. A call need not do
 * everything: as long as it says OK it is called again, so one that produces much from little, as decompression does,
 * appends some tens of kilobytes and comes back. By its {@link LayerContext} a layer can do more: answer the peer
 * itself, hand out a task to another thread, have a deadline.
 */
public interface Layer {

    /** What a call came to. */
    enum Outcome {
        /** Something was consumed or produced, and there may be more to do. */
        OK,

        /** Nothing more can be done without more input, or before a task that was handed out has been done. */
        NEED_MORE,

        /** The peer has ended its direction in good order: no input follows, whatever still comes from below. */
        END,

        /** The bytes make no sense: the connection ends with {@link io.millrace.core.CloseCause#FAILED}. */
        ERROR
    }

    /** The link below stands. Called once, first; a layer that begins by itself sends its first bytes here. */
    void opened(LayerContext context);

    /**
     * Transforms what came from the peer. Called with empty input, too, after a task has been done. {@code FINISHED}
     * when the peer has ended: what is incomplete then is an error, or not, as the layer sees it.
     */
    Outcome input(Buffer from, Buffer to, Flush mode);

    /** Transforms what goes to the peer. {@code FINISHED} once, at the end. */
    Outcome output(Buffer from, Buffer to, Flush mode);

    /**
     * Returns whether the link below may be given files as they are, because it does itself what the layer would do. A
     * layer that can hand its work over does so here, when a file is about to be sent.
     */
    default boolean passesFiles() {
        return false;
    }

    /** The layer's own deadline has passed. */
    default void expired() {}

    /** Returns how many bytes may go in and out of the layer in one turn of the loop: a millisecond's work or two. */
    default int bytesPerTurn() {
        return 128 * 1024;
    }

    /** The connection has ended: frees what the layer holds. Called once. */
    default void close() {}
}
