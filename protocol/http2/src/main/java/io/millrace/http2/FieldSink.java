// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import java.util.Arrays;

/**
 * Where an {@link HpackDecoder} puts what it decodes: an array that name and value are written into one behind the
 * other, and a verb that is told of each field when it is whole.
 */
abstract class FieldSink {
    private byte[] bytes = new byte[512];
    private int used;

    /** A field is there: its name from {@code start} to {@code nameEnd}, behind it its value. */
    abstract void field(int start, int nameEnd, int end);

    /** Returns whether no more fields are worth being decoded. */
    boolean isFull() {
        return false;
    }

    /** Returns the array with the fields; it changes when it grows. */
    final byte[] bytes() {
        return bytes;
    }

    /** Returns how much of the array is taken by fields that are kept: the next one begins there. */
    final int used() {
        return used;
    }

    /** Keeps everything up to {@code end}, or gives up what is behind it. */
    final void keep(int end) {
        used = end;
    }

    /** Makes room for {@code count} bytes from {@code at} on. */
    final void reserve(int at, int count) {
        if (bytes.length - at < count) {
            bytes = Arrays.copyOf(bytes, Math.max(at + count, 2 * bytes.length));
        }
    }

    /** Gives memory beyond {@code most} bytes back. */
    final void trim(int most) {
        if (bytes.length > most) {
            bytes = new byte[512];
            used = 0;
        }
    }
}
