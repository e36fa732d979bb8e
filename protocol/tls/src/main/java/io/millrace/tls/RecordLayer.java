// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import io.millrace.core.Buffer;
import io.millrace.core.RecordKeys;
import io.millrace.tls.TlsEngine.Step;
import org.jspecify.annotations.Nullable;

/**
 * The records of an established connection of TLS 1.3 (RFC 8446 section 5): data, alerts and key updates. A handshake
 * that another has made is all it takes: its secrets, and how many records have passed since. Encrypts from one heap
 * array to another, without a copy. One thread at a time calls.
 */
public final class RecordLayer {
    private static final int HEADER = 5;
    private static final int TAG = 16;
    private static final int MOST_PLAIN = 16 * 1024;

    /** What an encrypted record may have beyond its header: the text, its type, padding, the tag. */
    private static final int LONGEST = MOST_PLAIN + 256;

    private static final byte ALERT = 21;
    private static final byte HANDSHAKE = 22;
    private static final byte DATA = 23;
    private static final byte KEY_UPDATE = 24;
    private static final int KEY_UPDATE_LENGTH = 5;
    private static final byte FATAL = 2;

    private static final int CLOSE_NOTIFY = 0;
    private static final int UNEXPECTED_MESSAGE = 10;
    private static final int BAD_RECORD_MAC = 20;
    private static final int RECORD_OVERFLOW = 22;
    private static final int DECODE_ERROR = 50;
    private static final int USER_CANCELED = 90;

    /** So many records may be encrypted with one key of AES-GCM (RFC 8446 section 5.5), with a margin. */
    private static final long MOST_RECORDS = 1L << 24;

    private final RecordDirection in;
    private @Nullable RecordDirection out;
    private final RecordCredit credit;
    private final long mostRecords;
    private boolean owesKeyUpdate;
    private boolean isClosed;
    private @Nullable String failure;

    /**
     * Goes on with an established server's connection. Both secrets are taken over.
     *
     * @param suite the cipher suite by its registered name, one that {@link TrafficKeys#isKnown}
     * @param client the traffic secret of what the client sends
     * @param received how many records it has sent by it
     * @param server the traffic secret of what the server sends
     * @param sent how many records have been sent by it
     * @param credit what is allowed without a payload
     */
    public static RecordLayer ofServer(
            RecordCipher.Factory ciphers,
            String suite,
            byte[] client,
            long received,
            byte[] server,
            long sent,
            RecordCredit credit) {
        return new RecordLayer(
                new RecordDirection(ciphers, suite, client, received, false),
                new RecordDirection(ciphers, suite, server, sent, true),
                credit,
                MOST_RECORDS);
    }

    /** Goes on with two directions, with new keys for ours after so many records. */
    RecordLayer(RecordDirection in, RecordDirection out, RecordCredit credit, long mostRecords) {
        this.in = in;
        this.out = out;
        this.credit = credit;
        this.mostRecords = mostRecords;
    }

    /** Returns why it has failed, {@code null} if it has not. */
    public @Nullable String failure() {
        return failure;
    }

    /** Returns whether the peer waits for new keys of ours, and our direction has been released. */
    public boolean owesKeyUpdate() {
        return owesKeyUpdate;
    }

    /** Returns whether another could go on with our direction. */
    public boolean canRelease() {
        return out != null && !isClosed && failure == null;
    }

    /** Returns what it takes to go on with our direction elsewhere. */
    public @Nullable RecordKeys outputKeys() {
        return out == null || !canRelease() ? null : out.keys();
    }

    /** Another goes on with our direction. */
    public void releaseOutput() {
        if (out != null) {
            out.free();
            out = null;
        }
    }

    // ---- what comes

    /** Opens one record, as {@link TlsEngine#read} does. */
    public Step read(Buffer from, Buffer toPeer, Buffer plain) {
        if (failure != null) {
            return Step.FAILED;
        }
        if (from.readable() < HEADER) {
            return Step.NEED_INPUT;
        }
        int length = (from.peek(3) & 0xff) << 8 | (from.peek(4) & 0xff);
        if (from.peek(0) != DATA) {
            return fail(UNEXPECTED_MESSAGE, "a record that is not encrypted", toPeer);
        }
        if (length > LONGEST) {
            return fail(RECORD_OVERFLOW, "a record of " + length + " bytes", toPeer);
        }
        if (length <= TAG) {
            return fail(DECODE_ERROR, "a record that is too short", toPeer);
        }
        return from.readable() < HEADER + length ? Step.NEED_INPUT : open(from, length - TAG, toPeer, plain);
    }

    private Step open(Buffer from, int length, Buffer toPeer, Buffer plain) {
        plain.reserve(length);
        byte[] text = plain.array();
        int at = plain.tail();
        boolean isAuthentic = in.open(from.array(), from.head(), length, text, at);
        from.consume(HEADER + length + TAG);
        if (!isAuthentic) {
            return fail(BAD_RECORD_MAC, "decryption failed", toPeer);
        }
        // The type is the last byte that is not zero: what follows it is padding.
        int end = at + length - 1;
        while (end > at && text[end] == 0) {
            end--;
        }
        int count = end - at;
        if (count > MOST_PLAIN) {
            return fail(RECORD_OVERFLOW, "a record of " + count + " bytes", toPeer);
        }
        return switch (text[end]) {
            case DATA -> data(count, toPeer, plain);
            case ALERT -> alert(text, at, count, toPeer);
            case HANDSHAKE -> keyUpdate(text, at, count, toPeer);
            default -> fail(UNEXPECTED_MESSAGE, "a record of type " + text[end], toPeer);
        };
    }

    private Step data(int count, Buffer toPeer, Buffer plain) {
        plain.wrote(count);
        return credit.allows(count) ? Step.OK : tooMany(toPeer);
    }

    private Step tooMany(Buffer toPeer) {
        fail(UNEXPECTED_MESSAGE, "", toPeer);
        failure = RecordCredit.EXHAUSTED;
        return Step.FAILED;
    }

    private Step alert(byte[] text, int at, int count, Buffer toPeer) {
        if (count != 2) {
            return fail(DECODE_ERROR, "an alert of " + count + " bytes", toPeer);
        }
        int number = text[at + 1] & 0xff;
        if (number == CLOSE_NOTIFY) {
            return Step.CLOSED;
        }
        if (number == USER_CANCELED) {
            return credit.allows(0) ? Step.OK : tooMany(toPeer);
        }
        failure = AlertName.received(number);
        return Step.FAILED;
    }

    /** Nothing else of the handshake's may come: no tickets and no requests for certificates are sent to servers. */
    private Step keyUpdate(byte[] text, int at, int count, Buffer toPeer) {
        boolean isWhole = count == KEY_UPDATE_LENGTH
                && text[at] == KEY_UPDATE
                && text[at + 1] == 0
                && text[at + 2] == 0
                && text[at + 3] == 1
                && (text[at + 4] & ~1) == 0;
        if (!isWhole) {
            return fail(UNEXPECTED_MESSAGE, "a message of the handshake", toPeer);
        }
        if (!credit.allows(0)) {
            return tooMany(toPeer);
        }
        in.update();
        if (text[at + 4] == 1) {
            if (out == null) {
                owesKeyUpdate = true;
            } else if (!isClosed) {
                updateOutput(toPeer);
            }
        }
        return Step.OK;
    }

    // ---- what goes

    /** Seals one record of at most {@code most} bytes, as {@link TlsEngine#write} does. */
    public void write(Buffer plain, int most, Buffer toPeer) {
        if (out == null || isClosed || failure != null) {
            plain.consume(plain.readable());
            return;
        }
        if (out.sequence() >= mostRecords) {
            updateOutput(toPeer);
        }
        int count = Math.min(Math.min(most, MOST_PLAIN), plain.readable());
        // The type stands behind the text for the time of the call.
        plain.reserve(1);
        byte[] text = plain.array();
        int end = plain.head() + count;
        byte kept = text[end];
        text[end] = DATA;
        seal(text, plain.head(), count + 1, toPeer);
        text[end] = kept;
        plain.consume(count);
    }

    /** Appends a record; the last byte is its type. */
    private void seal(byte[] text, int offset, int length, Buffer toPeer) {
        if (out == null) {
            return;
        }
        int all = HEADER + length + TAG;
        toPeer.reserve(all);
        byte[] into = toPeer.array();
        int at = toPeer.tail();
        into[at] = DATA;
        into[at + 1] = 3;
        into[at + 2] = 3;
        into[at + 3] = (byte) ((length + TAG) >> 8);
        into[at + 4] = (byte) (length + TAG);
        out.seal(text, offset, length, into, at);
        toPeer.wrote(all);
    }

    private void updateOutput(Buffer toPeer) {
        if (out != null) {
            byte[] message = {KEY_UPDATE, 0, 0, 1, 0, HANDSHAKE};
            seal(message, 0, message.length, toPeer);
            out.update();
        }
    }

    /** Appends the end of our direction, once. */
    public void close(Buffer toPeer) {
        if (!isClosed && failure == null) {
            isClosed = true;
            byte[] message = {1, CLOSE_NOTIFY, ALERT};
            seal(message, 0, message.length, toPeer);
        }
    }

    private Step fail(int number, String why, Buffer toPeer) {
        failure = AlertName.sent(number, why);
        if (!isClosed) {
            byte[] message = {FATAL, (byte) number, ALERT};
            seal(message, 0, message.length, toPeer);
        }
        return Step.FAILED;
    }

    /** Frees the ciphers. Called last. */
    public void free() {
        in.free();
        releaseOutput();
    }
}
