// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

/**
 * How much the peer may send, of one stream or of all together (RFC 9113 section 5.2). What was consumed is given back
 * when it is half of the window, so that one WINDOW_UPDATE serves many frames.
 */
final class ReceiveWindow {
    private int size;
    private int left;
    private int uncredited;

    /** Begins with a window that the peer knows. */
    void begin(int newSize) {
        size = newSize;
        left = newSize;
        uncredited = 0;
    }

    // Where nothing is held, what is left is the rest.
    void save(IdleConnection idle) {
        idle.receiveWindow = size;
        idle.uncredited = uncredited;
    }

    void restore(IdleConnection idle) {
        size = idle.receiveWindow;
        uncredited = idle.uncredited;
        left = size - uncredited;
    }

    /** Widens the window to {@code newSize}; returns by how much, which the peer must be told. */
    int widen(int newSize) {
        int more = Math.max(0, newSize - size);
        size += more;
        left += more;
        return more;
    }

    int size() {
        return size;
    }

    /** A DATA frame begins; returns whether the window has room for its payload. */
    boolean takes(int length) {
        left -= length;
        return left >= 0;
    }

    /** Bytes were taken or dropped; returns whether it is time to give them back. */
    boolean consumed(int count) {
        uncredited += count;
        return uncredited >= size / 2;
    }

    /** Gives back what was consumed, in a window of {@code newSize} from now on; returns what the peer must be told. */
    int credit(int newSize) {
        int increment = uncredited;
        left += increment;
        uncredited = 0;
        return increment + widen(newSize);
    }

    /** Returns how many bytes the peer was allowed to send and began to, and that have not been consumed. */
    int held() {
        return size - left - uncredited;
    }

    /** Returns whether the peer may send nothing before something is consumed. */
    boolean isShut() {
        return left <= 0;
    }
}
