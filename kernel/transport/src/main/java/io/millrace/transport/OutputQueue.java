// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Buffer;
import io.millrace.core.OpenFile;
import io.millrace.core.SharedBytes;
import io.millrace.socket.Kernel;
import java.util.Arrays;

/**
 * What a connection has to send, in order: bytes of its own, arrays that belong to others, parts of files, what has
 * been spliced out of another connection. A connection has one only while something waits to be sent.
 *
 * <p>Bytes are appended to one buffer, the tail. What is not bytes becomes a part, and so do the bytes before it, which
 * stay where they are: several parts may lie one behind the other in one buffer, so that a hundred short heads between
 * a hundred arrays take one buffer and not a hundred. A tail that is full is left to its parts, and the next one
 * begins: no buffer doubles because a peer does not read.
 */
final class OutputQueue {

    /** Output that lies in a pipe: bytes that never come to the heap. */
    interface PipedBytes {

        /** Sends up to {@code most} bytes of it: bytes or -errno. */
        long drain(Kernel kernel, long most, boolean more);

        /** So many bytes have left. */
        void left(long count);

        /** All of it has left, or never will. */
        void release();
    }
    /** A tail with so many bytes is full. */
    private static final int FULL = 16 * 1024;

    /** An array up to this size is always copied: less work than the system call that it would need for itself. */
    private static final int COPIED = 4 * 1024;

    /** One up to this size is copied when little stands before it, so that both leave by one call. */
    private static final int COPIED_WITH_HEAD = 16 * 1024;

    /** Bytes that many share are copied only if they are fewer than these, or stand behind others in the tail. */
    private static final int SHARED = 256;

    /** More spare parts than this are left to the garbage collector. */
    private static final int MOST_SPARE = 8;

    /** One piece of output: exactly one of the four sources is set while it is in use. */
    static final class Part {
        /** The next {@link #left} bytes of it. */
        Buffer bytes;

        byte[] array;
        OpenFile file;
        private PipedBytes piped;

        /** Where the rest of the array or the file begins. */
        long position;

        long left;

        /** Whose hold is given back when the array has left, or {@code null}. */
        private SharedBytes body;

        /** Bytes of the array as a whole, which is kept until its last byte has left. */
        private int kept;

        private Part next;

        /** Whether the kernel cannot send this file by itself. */
        boolean copied;

        /** The content type of the record that the array is, 0 for data. */
        int recordType;

        private Part() {}

        /** A part of the pipe's own, used again and again: {@code left} says how much is under way. */
        Part(PipedBytes piped) {
            this.piped = piped;
        }

        PipedBytes piped() {
            return piped;
        }

        private void sent(long count) {
            left -= count;
            if (bytes != null) {
                bytes.consume((int) count);
            } else if (piped != null) {
                piped.left(count);
            } else {
                position += count;
            }
        }

        /** Refers to nothing any more, and can be used for something else. */
        private void forget() {
            bytes = null;
            array = null;
            body = null;
            file = null;
            position = 0;
            left = 0;
            kept = 0;
            copied = false;
            recordType = 0;
        }
    }

    /** Outputs and buffers that no connection needs just now. For one thread at a time. */
    static final class Pool {
        private final OutputQueue[] spare;
        private int count;

        final BufferPool buffers;

        /** A pool that keeps so many outputs, and as many buffers. */
        Pool(int most) {
            this.spare = new OutputQueue[most];
            this.buffers = new BufferPool(most);
        }

        OutputQueue take() {
            if (count == 0) {
                return new OutputQueue();
            }
            OutputQueue output = spare[--count];
            spare[count] = null;
            return output;
        }

        /** Leaves everything to the garbage collector. */
        void clear() {
            Arrays.fill(spare, null);
            count = 0;
            buffers.clear();
        }

        /** Takes back an output of which everything has left. */
        void give(OutputQueue empty) {
            empty.clear(buffers);
            if (count < spare.length) {
                spare[count++] = empty;
            }
        }
    }

    /** Where bytes are appended, or {@code null}. */
    private Buffer tail;

    /** How many bytes of the tail belong to parts already. */
    private int inParts;

    private Part first;
    private Part last;

    /** Bytes that wait in parts. */
    private long queued;

    /** Bytes of heap that the parts keep, the tail not counted. */
    private long kept;

    /** Parts that have left, for those to come: what is sent all the time allocates nothing. */
    private Part spare;

    private int spares;

    // ---- what is to be sent ----

    /** The buffer to append to. */
    Buffer out(BufferPool pool) {
        if (tail == null) {
            tail = pool.take();
        } else if (tail.readable() >= FULL) {
            seal();
            leaveTail();
            tail = pool.take();
        }
        return tail;
    }

    /** What has been appended becomes a part: what comes next stands behind it. */
    private void seal() {
        int open = open();
        if (open > 0) {
            Part part = part();
            part.bytes = tail;
            part.left = open;
            add(part);
            inParts += open;
        }
    }

    /** Bytes of the tail that belong to no part. */
    private int open() {
        return tail == null ? 0 : tail.readable() - inParts;
    }

    /** Nothing more is appended to this tail: it is its parts' alone, if it has any. */
    private void leaveTail() {
        kept += tail.capacity();
        tail = null;
        inParts = 0;
    }

    /** Nothing more may come behind what has been appended. */
    void finish(BufferPool pool) {
        seal();
        if (inParts > 0) {
            leaveTail();
        } else if (tail != null) {
            pool.give(tail);
            tail = null;
        }
    }

    /**
     * Whether an array of that length is rather appended than added: as things are, that is less work. With
     * {@code sparing} memory counts for more than that.
     */
    boolean copies(int length, boolean sparing) {
        return length <= COPIED || (length <= COPIED_WITH_HEAD && pending() <= COPIED && !sparing);
    }

    /** Sends bytes that belong to others: appends or adds them, whichever is less work. */
    void transfer(byte[] array, int offset, int length, SharedBytes body, boolean sparing, BufferPool pool) {
        boolean lone = body != null && length >= SHARED && open() == 0;
        if (!lone && copies(length, sparing)) {
            out(pool).append(array, offset, length);
        } else {
            add(array, offset, length, body);
        }
    }

    /** Bytes that belong to others, which are not copied; of a body, if it is one, a hold is taken. */
    void add(byte[] array, int offset, int length, SharedBytes body) {
        seal();
        Part part = part();
        part.array = array;
        part.body = body == null ? null : body.hold();
        part.position = offset;
        part.left = length;
        // The memory of a body is its maker's, who sends it to many.
        part.kept = body == null ? length : 0;
        kept += part.kept;
        add(part);
    }

    /** Part of a file, and the caller's hold on it. */
    void add(OpenFile file, long position, long count) {
        seal();
        Part part = part();
        part.file = file;
        part.position = position;
        part.left = count;
        add(part);
    }

    /** A record of that content type. */
    void addRecord(int type, byte[] content) {
        seal();
        Part part = part();
        part.array = content;
        part.left = content.length;
        part.kept = content.length;
        part.recordType = type;
        kept += part.kept;
        add(part);
    }

    /** What lies in a pipe, and whose part that is. */
    void addPiped(Part part) {
        seal();
        add(part);
    }

    private void add(Part part) {
        if (first == null) {
            first = part;
        } else {
            last.next = part;
        }
        last = part;
        queued += part.left;
    }

    private Part part() {
        if (spare == null) {
            return new Part();
        }
        Part part = spare;
        spare = part.next;
        part.next = null;
        spares--;
        return part;
    }

    // ---- what is sent ----

    /** Bytes that wait to be sent. */
    long pending() {
        return queued + open();
    }

    /** The part to send next; {@code null} if the tail is all there is. */
    Part first() {
        return first;
    }

    /** Whether what is to be sent next are bytes of our own. */
    boolean isBytes() {
        return first == null || first.bytes != null;
    }

    /** The buffer whose bytes are to be sent next; for {@link #isBytes}. */
    Buffer bytes() {
        return first == null ? tail : first.bytes;
    }

    /** How many of those bytes are to be sent next. */
    int length() {
        return first == null ? open() : (int) first.left;
    }

    /** Whether something follows what is to be sent next. */
    boolean more() {
        return first != null && (first.next != null || open() > 0);
    }

    /** Some bytes of what was to be sent next have left. */
    void sent(long count, BufferPool pool) {
        Part part = first;
        if (part == null) {
            tail.consume((int) count);
            return;
        }
        queued -= count;
        part.sent(count);
        if (part.bytes != null && part.bytes == tail) {
            inParts -= (int) count;
        }
        if (part.left == 0) {
            releaseFirst(pool);
        }
    }

    /** Takes the first part off, and gives back what is not ours. */
    private void releaseFirst(BufferPool pool) {
        Part part = first;
        first = part.next;
        part.next = null;
        if (part.piped != null) {
            part.piped.release();
            return;
        }
        Buffer bytes = part.bytes;
        OpenFile file = part.file;
        SharedBytes body = part.body;
        kept -= part.kept;
        keep(part);
        if (bytes != null) {
            done(bytes, pool);
        } else if (file != null) {
            file.close();
        } else if (body != null) {
            body.close();
        }
    }

    private void keep(Part part) {
        part.forget();
        if (spares < MOST_SPARE) {
            part.next = spare;
            spare = part;
            spares++;
        }
    }

    /**
     * A part of the buffer has left: with the last of them the buffer goes back, so that a file on its way holds none.
     */
    private void done(Buffer bytes, BufferPool pool) {
        if (!bytes.isEmpty()) {
            return;
        }
        if (bytes == tail) {
            tail = null;
        } else {
            kept -= bytes.capacity();
        }
        pool.give(bytes);
    }

    /** Gives up everything: files are closed, bodies released; the buffers are the garbage collector's. */
    void release() {
        tail = null;
        inParts = 0;
        queued = 0;
        // Releasing runs code of others, which must find nothing half done.
        while (first != null) {
            if (first.bytes != null) {
                // Several parts may lie in one buffer, and the pool must not get it twice.
                first.bytes = null;
            }
            releaseFirst(null);
        }
        kept = 0;
    }

    /** Gives up all memory, and nothing else: files and bodies are given back by {@link #release}. */
    void forget() {
        tail = null;
        inParts = 0;
        kept = 0;
        for (Part part = first; part != null; part = part.next) {
            part.bytes = null;
            part.array = null;
            part.kept = 0;
        }
    }

    /** Everything has left. */
    void clear(BufferPool pool) {
        if (tail != null) {
            pool.give(tail);
            tail = null;
        }
    }

    // ---- memory ----

    /** Bytes of heap that wait here: buffers as large as they are, and arrays of which something has not left. */
    long held() {
        return tail == null ? kept : kept + tail.capacity();
    }

    /** Gives up room in the tail that nothing waits in. */
    void trim() {
        if (tail != null) {
            tail.trim();
        }
    }
}
