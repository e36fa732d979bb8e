// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.core.Buffer;

/**
 * A layer that transforms what passes: compression, a cipher, a framing. Does no I/O; is called by the owner of its
 * link, and belongs to that one link. {@link FilterProtocol} puts it between a link and a protocol,
 * {@link ByteStream#filter} below a stream.
 *
 * <p>Both ways work alike: consume from {@code from}, append to {@code to}, and say what came of it. A call need not do
 * everything: as long as it says OK it is called again, so one that produces much from little, as decompression does,
 * appends some tens of kilobytes and comes back.
 */
public interface Filter {

    /** What a call came to. */
    enum Outcome {
        /** Something was consumed or produced, and there may be more to do. */
        OK,

        /** Nothing more can be done without more input. */
        NEED_MORE,

        /** The bytes make no sense: the connection ends with {@link io.millrace.core.CloseCause#FAILED}. */
        ERROR
    }

    /**
     * Transforms what came from the peer. {@code FINISHED} when the peer has ended: what is incomplete then is an
     * error, or not, as the filter sees it.
     */
    Outcome input(Buffer from, Buffer to, Flush mode);

    /** Transforms what goes to the peer. {@code FINISHED} once, at the end. */
    Outcome output(Buffer from, Buffer to, Flush mode);

    /** The connection has ended: frees what the filter holds. Called once. */
    default void close() {}
}
