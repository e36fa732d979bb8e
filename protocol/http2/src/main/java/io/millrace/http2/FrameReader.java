// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Buffer;

/**
 * Cuts what comes in into frames (RFC 9113 sections 3.4 and 4). The payload of DATA is handed on as it comes; of every
 * other frame when it is whole, where it lies; that of an unknown type is passed over. Copies nothing and remembers
 * only where it is.
 *
 * <pre>
 *   PREFACE ─► HEADER ─┬─► (whole payload) ─► HEADER
 *                      ├─► DATA ─► PADDING ─► HEADER
 *                      └─► PADDING (a type that is not known) ─► HEADER
 * </pre>
 */
final class FrameReader implements IdleConnection.Part {
    /** What becomes of the frames. The verbs with a result say whether the connection goes on. */
    interface Handler {

        /** A frame begins; its payload may not be there yet. */
        boolean begins(int type, int flags, int stream, int length);

        /** A frame with its payload. */
        boolean frame(int type, int flags, int stream, byte[] bytes, int from, int to);

        /** The padding of the DATA frame that has begun. */
        boolean padding(int count);

        /** Some of the payload of the DATA frame that has begun. */
        boolean data(byte[] bytes, int from, int to);

        /** The DATA frame is complete. */
        boolean dataEnds();

        /** What came in is no HTTP/2. */
        void broken(int code, String text);
    }

    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    private final Handler handler;
    private int prefaceLeft = PREFACE.length();
    private int type;
    private int dataLeft;
    private int skipLeft;
    private boolean inData;
    private boolean padded;

    FrameReader(Handler handler) {
        this.handler = handler;
    }

    /** Takes as much as can be used; leaves the rest. */
    void read(Buffer in) {
        boolean goesOn = prefaceLeft == 0 || preface(in);
        while (goesOn && !in.isEmpty()) {
            if (inData) {
                goesOn = data(in);
            } else if (skipLeft > 0) {
                skip(in);
            } else if (!isWhole(in)) {
                return;
            } else {
                goesOn = frame(in);
            }
        }
    }

    @Override
    public void save(IdleConnection idle) {
        // Rests between two frames: there is nothing to remember.
    }

    @Override
    public void restore(IdleConnection idle) {
        prefaceLeft = 0;
    }

    /** Returns whether the next byte begins a frame. */
    boolean isBetweenFrames() {
        return prefaceLeft == 0 && !inData && skipLeft == 0;
    }

    /** Returns whether the client's preface has come in. */
    boolean isBegun() {
        return prefaceLeft == 0;
    }

    private boolean preface(Buffer in) {
        int count = Math.min(prefaceLeft, in.readable());
        int from = PREFACE.length() - prefaceLeft;
        for (int i = 0; i < count; i++) {
            if (in.peek(i) != PREFACE.charAt(from + i)) {
                handler.broken(ErrorCode.PROTOCOL_ERROR, "no preface of HTTP/2");
                return false;
            }
        }
        in.consume(count);
        prefaceLeft -= count;
        return prefaceLeft == 0;
    }

    // Whether what a frame begins with is there, and of most frames the rest too. What can be told from the beginning
    // is told at once.
    private boolean isWhole(Buffer in) {
        if (in.readable() < Frame.HEADER) {
            return false;
        }
        int length = in.peekInt(0) >>> 8;
        int kind = in.peek(3) & 0xff;
        if (length > Frame.MOST_PAYLOAD || kind == Frame.DATA || isUnknown(kind)) {
            return true;
        }
        return in.readable() >= Frame.HEADER + length;
    }

    static boolean isUnknown(int type) {
        return type > Frame.CONTINUATION && type != Frame.PRIORITY_UPDATE;
    }

    private boolean frame(Buffer in) {
        int length = in.peekInt(0) >>> 8;
        type = in.peek(3) & 0xff;
        int flags = in.peek(4) & 0xff;
        int stream = in.peekInt(5) & Integer.MAX_VALUE;
        if (length > Frame.MOST_PAYLOAD) {
            handler.broken(ErrorCode.FRAME_SIZE_ERROR, Frame.name(type) + " of " + length + " bytes");
            return false;
        }
        if (!handler.begins(type, flags, stream, length)) {
            return false;
        }
        if (type == Frame.DATA) {
            in.consume(Frame.HEADER);
            return dataBegins(flags, length);
        }
        if (isUnknown(type)) {
            in.consume(Frame.HEADER);
            skipLeft = length;
            return true;
        }
        byte[] array = in.array();
        int from = in.head() + Frame.HEADER;
        in.consume(Frame.HEADER + length); // the bytes stay where they are until this call ends
        return handler.frame(type, flags, stream, array, from, from + length);
    }

    private boolean dataBegins(int flags, int length) {
        inData = true;
        dataLeft = length;
        padded = (flags & Frame.PADDED) != 0;
        if (padded && length == 0) {
            handler.broken(ErrorCode.FRAME_SIZE_ERROR, "padded DATA without a length of its padding");
            return false;
        }
        return dataLeft > 0 || dataEnds();
    }

    private boolean dataEnds() {
        inData = false;
        return handler.dataEnds();
    }

    private boolean data(Buffer in) {
        if (padded) {
            return padding(in);
        }
        int count = Math.min(dataLeft, in.readable());
        byte[] array = in.array();
        int from = in.head();
        in.consume(count);
        dataLeft -= count;
        return handler.data(array, from, from + count) && (dataLeft > 0 || dataEnds());
    }

    private boolean padding(Buffer in) {
        int count = in.peek(0) & 0xff;
        in.consume(1);
        padded = false;
        dataLeft--;
        if (count > dataLeft) {
            handler.broken(ErrorCode.PROTOCOL_ERROR, "DATA that is all padding and more");
            return false;
        }
        dataLeft -= count;
        skipLeft = count;
        return handler.padding(count + 1) && (dataLeft > 0 || dataEnds());
    }

    private void skip(Buffer in) {
        int count = Math.min(skipLeft, in.readable());
        in.consume(count);
        skipLeft -= count;
    }
}
