// SPDX-License-Identifier: Apache-2.0
package io.millrace.openssl;

import io.millrace.core.Buffer;
import io.millrace.core.RecordKeys;
import io.millrace.core.Tls;
import io.millrace.sys.LibCrypto;
import io.millrace.sys.LibSsl;
import io.millrace.sys.LibSslContext;
import io.millrace.tls.AlertName;
import io.millrace.tls.ClientHello;
import io.millrace.tls.HostNames;
import io.millrace.tls.RecordCredit;
import io.millrace.tls.TlsEngine;
import io.millrace.tls.TrafficKeys;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One connection of OpenSSL. It is given whole records, one for each call, so that nothing of the peer's waits in
 * native memory; a server's is made when the ClientHello is there, with the context for its name.
 */
final class OpenSslEngine implements TlsEngine {
    private static final int HEADER = 5;
    private static final int LOWEST_TYPE = 20;
    private static final int HIGHEST_TYPE = 24;
    private static final int ALERT = 21;
    private static final int ALERT_RECORD = HEADER + 2;

    /** What a record may have beyond its header: 16 KiB, and what ciphers add. */
    private static final int LONGEST = 16 * 1024 + 2048;

    private static final int MOST_PLAIN = 16 * 1024;

    private final OpenSslEngines owner;
    private final @Nullable String host;
    private final int port;
    private final RecordCredit credit = new RecordCredit();
    private @Nullable String serverName;
    private @Nullable BioPair carrier;
    private @Nullable OpenSslSession session;
    private @Nullable String failure;

    /** The connection, 0 before it has been made and after it has been freed. */
    private long ssl;

    private boolean isFreed;
    private boolean isClosed;

    /** The secret of what a server sends, where the kernel could go on with it. */
    private byte @Nullable [] secret;

    /** The peer has asked for new keys of ours: from then on the kernel cannot go on with them. */
    private boolean owesKeyUpdate;

    /** Records that have been sent by it. */
    private long records;

    /** A client has said its first words. */
    private boolean hasBegun;

    OpenSslEngine(OpenSslEngines owner, @Nullable String host, int port) {
        this.owner = owner;
        this.host = host;
        this.port = port;
    }

    @Override
    public Step read(Buffer from, Buffer toPeer, Buffer plain) {
        if (failure != null || isFreed) {
            return Step.FAILED;
        }
        if (ssl == 0 && !begin(from)) {
            return Step.NEED_INPUT;
        }
        int length = recordLength(from);
        if (length == 0 && (hasBegun || owner.isServer())) {
            return Step.NEED_INPUT;
        }
        hasBegun = true;
        BioPair pair = borrow();
        try {
            LibCrypto.clearErrors();
            if (length > 0) {
                LibCrypto.write(pair.input, from.array(), from.head(), length);
                from.consume(length);
            }
            boolean isNew = session == null;
            Step step = isNew ? shakeHands() : open(plain, length);
            boolean hasAnswered = drain(pair, toPeer);
            if (!isNew && hasAnswered) {
                // A change of our keys, if it is no alert.
                secret = null;
            }
            if (step != Step.OK) {
                // What it has not read is not for the next one.
                LibCrypto.empty(pair.input);
                nameAlert(toPeer);
            }
            return step;
        } finally {
            BioPair.give(pair);
        }
    }

    private boolean begin(Buffer from) {
        if (host != null) {
            serverName = HostNames.isAddress(host) ? null : host.toLowerCase(Locale.ROOT);
            ssl = owner.open(host, port);
            return true;
        }
        if (ClientHello.isIncomplete(from)) {
            return false;
        }
        serverName = ClientHello.serverName(from);
        ssl = owner.open(serverName);
        return true;
    }

    /** The length of the record at the head, 0 if it is not whole; of what is no record, all there is. */
    private static int recordLength(Buffer from) {
        if (from.readable() < HEADER) {
            return 0;
        }
        int type = from.peek(0);
        int length = HEADER + ((from.peek(3) & 0xff) << 8 | (from.peek(4) & 0xff));
        if (type < LOWEST_TYPE || type > HIGHEST_TYPE || length > LONGEST) {
            return Math.min(from.readable(), LONGEST);
        }
        return from.readable() < length ? 0 : length;
    }

    /** Borrows BIOs for a call. Nearly always they are those of the call before. */
    private BioPair borrow() {
        BioPair pair = BioPair.take();
        if (pair != carrier) {
            LibSsl.carry(ssl, pair.input, pair.output);
            carrier = pair;
        }
        return pair;
    }

    private Step shakeHands() {
        int result = LibSsl.handshake(ssl);
        byte[] agreed = owner.isServer() ? LibSslContext.takeSecret() : null;
        secret = agreed == null ? secret : agreed;
        if (result == 1) {
            session = new OpenSslSession(ssl, serverName, owner.isServer());
            records = 0;
            return Step.OK;
        }
        return LibSsl.error(ssl, result) == LibSsl.ERROR_WANT_READ ? Step.OK : fail();
    }

    private Step open(Buffer plain, int length) {
        plain.reserve(length);
        int result = owner.keepsSecrets()
                ? LibSsl.readCalledBack(ssl, plain.array(), plain.tail(), length)
                : LibSsl.read(ssl, plain.array(), plain.tail(), length);
        if (result > 0) {
            plain.wrote(result);
            credit.allows(result);
            return Step.OK;
        }
        return switch (LibSsl.error(ssl, result)) {
            case LibSsl.ERROR_WANT_READ -> withoutPayload();
            case LibSsl.ERROR_ZERO_RETURN -> Step.CLOSED;
            default -> fail();
        };
    }

    /** A key update, a ticket, an empty record. */
    private Step withoutPayload() {
        if (!credit.allows(0)) {
            failure = "too many records without a payload";
            return Step.FAILED;
        }
        if (host != null) {
            owner.keepSession(ssl, host, port);
        } else if (LibSsl.owesKeyUpdate(ssl)) {
            owesKeyUpdate = true;
            secret = null;
        }
        return Step.OK;
    }

    private Step fail() {
        failure = Failures.of(ssl, host);
        return Step.FAILED;
    }

    /** An alert that has just been appended in the clear says what kind of failure it was. */
    private void nameAlert(Buffer toPeer) {
        int at = toPeer.readable() - ALERT_RECORD;
        if (failure != null && at >= 0 && toPeer.peek(at) == ALERT && toPeer.peek(at + 4) == 2) {
            failure = AlertName.sent(toPeer.peek(at + 6) & 0xff, failure);
        }
    }

    /** Returns whether there was anything. */
    private boolean drain(BioPair pair, Buffer toPeer) {
        int count = LibCrypto.pending(pair.output);
        if (count > 0) {
            toPeer.reserve(count);
            int before = toPeer.readable();
            toPeer.wrote(LibCrypto.read(pair.output, toPeer.array(), toPeer.tail(), count));
            countRecords(toPeer, before);
        }
        return count > 0;
    }

    /** The next record's number goes with the keys when they are released. */
    private void countRecords(Buffer toPeer, int from) {
        if (secret != null && session != null) {
            for (int at = from; at + HEADER <= toPeer.readable(); records++) {
                at += HEADER + ((toPeer.peek(at + 3) & 0xff) << 8 | (toPeer.peek(at + 4) & 0xff));
            }
        }
    }

    @Override
    public boolean owesKeyUpdate() {
        return owesKeyUpdate;
    }

    @Override
    public boolean canReleaseOutput() {
        return secret != null && session != null && !isClosed && !isFreed && failure == null;
    }

    @Override
    public @Nullable RecordKeys releaseOutput() {
        byte[] last = secret;
        if (last == null || session == null) {
            return null;
        }
        secret = null;
        RecordKeys keys = TrafficKeys.of(session.cipherSuite(), last, records);
        Arrays.fill(last, (byte) 0);
        return keys;
    }

    @Override
    public void write(Buffer plain, int most, Buffer toPeer) {
        if (session == null || isClosed || isFreed || failure != null) {
            plain.consume(plain.readable());
            return;
        }
        BioPair pair = borrow();
        try {
            LibCrypto.clearErrors();
            int count = Math.min(Math.min(most, MOST_PLAIN), plain.readable());
            int taken = owner.keepsSecrets()
                    ? LibSsl.writeCalledBack(ssl, plain.array(), plain.head(), count)
                    : LibSsl.write(ssl, plain.array(), plain.head(), count);
            if (taken > 0) {
                plain.consume(taken);
            } else {
                plain.consume(plain.readable());
                fail();
            }
            drain(pair, toPeer);
        } finally {
            BioPair.give(pair);
        }
    }

    @Override
    public void close(Buffer toPeer) {
        if (session == null || isClosed || isFreed || failure != null) {
            return;
        }
        isClosed = true;
        BioPair pair = borrow();
        try {
            LibCrypto.clearErrors();
            LibSsl.shutdown(ssl);
            drain(pair, toPeer);
        } finally {
            BioPair.give(pair);
        }
    }

    @Override
    public Runnable task() {
        throw new IllegalStateException("handshakes are computed where they are");
    }

    @Override
    public boolean isEstablished() {
        return session != null;
    }

    @Override
    public Tls session() {
        return Objects.requireNonNull(session);
    }

    @Override
    public @Nullable String failure() {
        return failure;
    }

    @Override
    public void free() {
        isFreed = true;
        if (session != null) {
            session.detach();
        }
        if (ssl != 0) {
            LibSsl.free(ssl);
            NativeObjects.freed();
            ssl = 0;
            carrier = null;
        }
    }
}
