// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import io.millrace.load.SessionKeys.End;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;

/**
 * A connection between a coordinator and an agent, of which only those can read or change anything who know the token:
 *
 * <pre>
 *   agent       ─► "millrace-agent/2"  nonce
 *   coordinator ─► nonce  proof
 *   agent       ─► 'y'  proof      or 'n', and the end
 *   both        ─► records: length (4 bytes)  AES-GCM(what is said, tag)
 * </pre>
 *
 * <p>Up to the proof an agent reads {@value #GREETING_BYTES} bytes and parses none of them. Each end encrypts under a
 * key of its own; the number of the record is the nonce of AES-GCM, so that a record cannot be left out, repeated or
 * moved without being noticed. An empty record says that its sender is still there.
 *
 * <p>Sending is safe for use by several threads; one thread receives.
 */
final class SealedChannel implements Closeable {
    /** Longer records are not sent, and not read: a plan with its body in Base64. */
    static final int LONGEST = 32 << 20;

    /** What a coordinator sends before an agent answers. */
    static final int GREETING_BYTES = SessionKeys.NONCE_BYTES + SessionKeys.PROOF_BYTES;

    private static final byte[] NAME = "millrace-agent/2".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NOTHING = {};
    private static final int TAG_BYTES = 16;
    private static final int FIRST_PIECE = 64 * 1024;

    private final Socket socket;
    private final SecretKey sendingKey;
    private final SecretKey receivingKey;
    private long sent;
    private long received;

    private SealedChannel(Socket socket, SessionKeys keys, End self, End peer) {
        this.socket = socket;
        this.sendingKey = keys.sealing(self);
        this.receivingKey = keys.sealing(peer);
    }

    // ---- the proofs

    /**
     * The agent's side of an accepted connection.
     *
     * @param within how long the coordinator may take to prove that it knows the token
     * @throws IOException if it does not
     */
    static SealedChannel accept(Socket socket, String token, Duration within) throws IOException {
        long deadline = System.nanoTime() + within.toNanos();
        byte[] own = SessionKeys.nonce();
        write(socket, NAME, own);
        byte[] greeting = read(socket, GREETING_BYTES, deadline);
        byte[] other = Arrays.copyOf(greeting, SessionKeys.NONCE_BYTES);
        SessionKeys keys = new SessionKeys(token, own, other);
        if (!isProof(greeting, SessionKeys.NONCE_BYTES, keys.proof(End.COORDINATOR))) {
            write(socket, new byte[] {'n'});
            throw new IOException("wrong token");
        }
        write(socket, new byte[] {'y'}, keys.proof(End.AGENT));
        return new SealedChannel(socket, keys, End.AGENT, End.COORDINATOR);
    }

    /**
     * The coordinator's side of a connection that it has made.
     *
     * @param within how long the agent may take for its part
     * @throws IOException if the two do not know the same token, or the other end is no agent
     */
    static SealedChannel open(Socket socket, String token, Duration within) throws IOException {
        long deadline = System.nanoTime() + within.toNanos();
        if (!Arrays.equals(read(socket, NAME.length, deadline), NAME)) {
            throw new IOException("this is no agent, or one of another version");
        }
        byte[] other = read(socket, SessionKeys.NONCE_BYTES, deadline);
        byte[] own = SessionKeys.nonce();
        SessionKeys keys = new SessionKeys(token, other, own);
        write(socket, own, keys.proof(End.COORDINATOR));
        boolean accepted = read(socket, 1, deadline)[0] == 'y';
        if (!accepted || !isProof(read(socket, SessionKeys.PROOF_BYTES, deadline), 0, keys.proof(End.AGENT))) {
            throw new IOException("wrong token");
        }
        return new SealedChannel(socket, keys, End.COORDINATOR, End.AGENT);
    }

    /** In a time that does not tell how much of it was right. */
    private static boolean isProof(byte[] bytes, int from, byte[] proof) {
        return MessageDigest.isEqual(Arrays.copyOfRange(bytes, from, bytes.length), proof);
    }

    private static void write(Socket socket, byte[]... parts) throws IOException {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        ByteBuffer whole = ByteBuffer.allocate(length);
        for (byte[] part : parts) {
            whole.put(part);
        }
        socket.getOutputStream().write(whole.array());
    }

    // ---- records

    /**
     * Sends one record. Blocks as long as the peer does not read.
     *
     * @throws IOException if the connection has ended, or if there are more than {@link #LONGEST} bytes
     */
    synchronized void send(byte[] said) throws IOException {
        if (said.length > LONGEST) {
            throw new IOException("more than " + (LONGEST >> 20) + " MiB cannot be sent");
        }
        byte[] sealed = crypt(Cipher.ENCRYPT_MODE, sendingKey, sent++, said);
        byte[] length = ByteBuffer.allocate(Integer.BYTES).putInt(sealed.length).array();
        write(socket, length, sealed);
    }

    /** Says that this end is still there. */
    void sendAlive() throws IOException {
        send(NOTHING);
    }

    /**
     * Waits for one record; empty if the peer only says that it is still there.
     *
     * @param within how long it may take until all of it has come
     * @throws SocketTimeoutException if it takes longer
     * @throws EOFException if the peer has closed the connection
     * @throws IOException if the connection has ended otherwise, or the record is too long or was not sealed by the
     *     peer
     */
    byte[] receive(Duration within) throws IOException {
        long deadline = System.nanoTime() + within.toNanos();
        int length = ByteBuffer.wrap(read(socket, Integer.BYTES, deadline)).getInt();
        if (length < TAG_BYTES || length > LONGEST + TAG_BYTES) {
            throw new IOException("a record of an impossible length");
        }
        return crypt(Cipher.DECRYPT_MODE, receivingKey, received++, read(socket, length, deadline));
    }

    private static byte[] crypt(int mode, SecretKey key, long number, byte[] bytes) throws IOException {
        byte[] nonce = ByteBuffer.allocate(12).putInt(0).putLong(number).array();
        try {
            Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(mode, key, new GCMParameterSpec(8 * TAG_BYTES, nonce));
            return cipher.doFinal(bytes);
        } catch (GeneralSecurityException e) {
            throw new IOException("a record that the other end has not sent", e);
        }
    }

    /** Memory is taken as bytes come, not as they are announced. */
    private static byte[] read(Socket socket, int length, long deadline) throws IOException {
        byte[] bytes = new byte[Math.min(length, FIRST_PIECE)];
        int have = 0;
        while (have < length) {
            if (have == bytes.length) {
                bytes = Arrays.copyOf(bytes, (int) Math.min(length, 2L * have));
            }
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new SocketTimeoutException("nothing came in time");
            }
            socket.setSoTimeout((int) Math.min(left, Integer.MAX_VALUE));
            int count = socket.getInputStream().read(bytes, have, bytes.length - have);
            if (count < 0) {
                throw new EOFException("the connection was closed");
            }
            have += count;
        }
        return bytes;
    }

    /** Says that nothing more is sent. The peer closes the connection then, so that what was sent last reaches it. */
    void finish() throws IOException {
        socket.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
