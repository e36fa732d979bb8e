// SPDX-License-Identifier: Apache-2.0
package io.millrace.openssl;

import io.millrace.core.Buffer;
import io.millrace.core.RecordKeys;
import io.millrace.core.Tls;
import io.millrace.sys.LibCrypto;
import io.millrace.sys.LibSsl;
import io.millrace.sys.LibSslContext;
import io.millrace.sys.LibSslContext.Secrets;
import io.millrace.tls.AlertName;
import io.millrace.tls.ClientHello;
import io.millrace.tls.HostNames;
import io.millrace.tls.RecordCredit;
import io.millrace.tls.RecordLayer;
import io.millrace.tls.TlsEngine;
import io.millrace.tls.TrafficKeys;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One connection of OpenSSL. It is given whole records, one for each call, so that nothing of the peer's waits in
 * native memory; a server's is made when the ClientHello is there, with the context for its name.
 *
 * <pre>
 *   ClientHello ─► SSL: handshake, first record ─► {@link RecordLayer}: a server's of TLS 1.3, from the second record on
 * </pre>
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

    /** What a server's handshake has agreed upon; {@code null} when keys have been changed since. */
    private @Nullable Secrets secrets;

    /** Goes on with the records when {@link #ssl} has been freed. */
    private @Nullable RecordLayer records;

    /** Records that have been sent since the handshake, and that have been received. */
    private long sent;

    private long received;

    /** A client has said its first words. */
    private boolean hasBegun;

    OpenSslEngine(OpenSslEngines owner, @Nullable String host, int port) {
        this.owner = owner;
        this.host = host;
        this.port = port;
    }

    @Override
    public Step read(Buffer from, Buffer toPeer, Buffer plain) {
        if (records == null && received > 0 && from.readable() > HEADER && canTakeOver()) {
            takeOver();
        }
        if (records != null) {
            Step step = records.read(from, toPeer, plain);
            failure = records.failure();
            return step;
        }
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
        return read(from, length, toPeer, plain);
    }

    private Step read(Buffer from, int length, Buffer toPeer, Buffer plain) {
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
                secrets = null;
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

    /**
     * Whether we can go on with the records by ourselves: a server's of TLS 1.3. A connection does not begin that way,
     * for one that ends after a request or two would not be worth deriving the keys.
     */
    private boolean canTakeOver() {
        return secrets != null
                && secrets.client() != null
                && secrets.server() != null
                && secrets.exporter() != null
                && session != null
                && !isClosed
                && !isFreed
                && failure == null
                && TrafficKeys.isKnown(session.cipherSuite());
    }

    /** Frees OpenSSL's connection, which takes many times the memory of two ciphers. */
    private void takeOver() {
        Secrets all = Objects.requireNonNull(secrets);
        OpenSslSession known = Objects.requireNonNull(session);
        secrets = null;
        records = RecordLayer.ofServer(
                OpenSslCipher::new,
                known.cipherSuite(),
                Objects.requireNonNull(all.client()),
                received,
                Objects.requireNonNull(all.server()),
                sent,
                credit);
        known.detach(Objects.requireNonNull(all.exporter()));
        freeConnection();
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
        Secrets agreed = owner.isServer() ? LibSslContext.takeSecrets() : null;
        secrets = agreed == null ? secrets : agreed.or(secrets);
        if (result == 1) {
            session = new OpenSslSession(ssl, serverName, owner.isServer());
            secrets = session.isLatest() ? secrets : null;
            return Step.OK;
        }
        return LibSsl.error(ssl, result) == LibSsl.ERROR_WANT_READ ? Step.OK : fail();
    }

    /** Whether a record can have OpenSSL tell of new secrets, which it must not out of a critical call. */
    private boolean mayCallBack() {
        return owner.isServer() && session != null && session.isLatest();
    }

    private Step open(Buffer plain, int length) {
        plain.reserve(length);
        received++;
        int result = mayCallBack()
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
            failure = RecordCredit.EXHAUSTED;
            return Step.FAILED;
        }
        if (host != null) {
            owner.keepSession(ssl, host, port);
        } else {
            secrets = null;
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

    /** Which number the next record has we must know to go on by ourselves. */
    private void countRecords(Buffer toPeer, int from) {
        if (secrets != null && session != null) {
            for (int at = from; at + HEADER <= toPeer.readable(); sent++) {
                at += HEADER + ((toPeer.peek(at + 3) & 0xff) << 8 | (toPeer.peek(at + 4) & 0xff));
            }
        }
    }

    @Override
    public boolean owesKeyUpdate() {
        return records != null && records.owesKeyUpdate();
    }

    @Override
    public boolean canReleaseOutput() {
        return KernelSupport.WHY_NOT == null && (records == null ? canTakeOver() : records.canRelease());
    }

    @Override
    public @Nullable RecordKeys outputKeys() {
        if (records == null && canTakeOver()) {
            takeOver();
        }
        return records == null ? null : records.outputKeys();
    }

    @Override
    public void releaseOutput() {
        Objects.requireNonNull(records).releaseOutput();
    }

    @Override
    public void write(Buffer plain, int most, Buffer toPeer) {
        if (records != null) {
            records.write(plain, most, toPeer);
            return;
        }
        if (session == null || isClosed || isFreed || failure != null) {
            plain.consume(plain.readable());
            return;
        }
        BioPair pair = borrow();
        try {
            LibCrypto.clearErrors();
            int count = Math.min(Math.min(most, MOST_PLAIN), plain.readable());
            int taken = mayCallBack()
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
        if (records != null) {
            records.close(toPeer);
            return;
        }
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
        freeConnection();
        if (records != null) {
            records.free();
        }
    }

    private void freeConnection() {
        if (ssl != 0) {
            LibSsl.free(ssl);
            NativeObjects.freed();
            ssl = 0;
            carrier = null;
        }
    }
}
