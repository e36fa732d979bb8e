// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.tls.TlsEngine.Step;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Records of TLS 1.3 without a handshake: two layers with the same secrets, and records that are made by hand. */
final class RecordLayerTest {
    private static final String SUITE = "TLS_AES_128_GCM_SHA256";
    private static final long MANY = 1L << 24;
    private static final byte ALERT = 21;
    private static final byte HANDSHAKE = 22;
    private static final byte DATA = 23;

    private final Buffer toServer = new Buffer(20_000);
    private final Buffer toClient = new Buffer(20_000);
    private final Buffer atServer = new Buffer(20_000);
    private final Buffer atClient = new Buffer(20_000);

    /** Seals what the tests make by hand. */
    private final RecordDirection byHand = direction(SUITE, 1, true);

    private final RecordLayer server = layer(SUITE, 1, 2, MANY);
    private final RecordLayer client = layer(SUITE, 2, 1, MANY);

    private static RecordDirection direction(String suite, int seed, boolean encrypts) {
        byte[] secret = new byte[suite.endsWith("384") ? 48 : 32];
        new Random(seed).nextBytes(secret);
        return new RecordDirection(JdkRecordCipher::new, suite, secret, 0, encrypts);
    }

    private static RecordLayer layer(String suite, int in, int out, long mostRecords) {
        return new RecordLayer(
                direction(suite, in, false), direction(suite, out, true), new RecordCredit(), mostRecords);
    }

    private static Buffer text(String text) {
        return Buffer.of(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String take(Buffer from) {
        String text = from.text(StandardCharsets.US_ASCII);
        from.clear();
        return text;
    }

    /** A record of any content, with its type behind it. */
    private void put(byte... contentAndType) {
        byte[] record = new byte[5 + contentAndType.length + 16];
        int length = record.length - 5;
        System.arraycopy(new byte[] {DATA, 3, 3, (byte) (length >> 8), (byte) length}, 0, record, 0, 5);
        byHand.seal(contentAndType, 0, contentAndType.length, record, 0);
        toServer.append(record);
    }

    private Step serverReads() {
        return server.read(toServer, toClient, atServer);
    }

    private void assertRefused(String alert) {
        assertEquals(Step.FAILED, serverReads());
        assertTrue(server.failure().startsWith("(" + alert + ") "), server.failure());
        assertEquals(Step.FAILED, client.read(toClient, toServer, atClient));
        assertEquals("Received fatal alert: " + alert, client.failure());
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"})
    void bytesPassInRecordsOfAnySize(String suite) {
        RecordLayer one = layer(suite, 1, 2, 3);
        RecordLayer other = layer(suite, 2, 1, 3);
        byte[] bytes = new byte[100_000];
        new Random(3).nextBytes(bytes);
        Buffer all = Buffer.of(bytes);
        for (int most = 1; !all.isEmpty(); most = Math.min(2 * most, 20_000)) {
            one.write(all, most, toClient);
            // New keys come after three records.
            while (other.read(toClient, toServer, atClient) == Step.OK) {}
        }
        assertNull(other.failure());
        assertArrayEquals(bytes, atClient.toBytes());
        assertEquals(Step.NEED_INPUT, one.read(toServer, toClient, atServer));
    }

    @Test
    void paddingIsTakenOffAndAnEmptyRecordIsNothing() {
        put((byte) 'a', (byte) 'b', DATA, (byte) 0, (byte) 0, (byte) 0);
        put(DATA);
        assertEquals(Step.OK, serverReads());
        assertEquals(Step.OK, serverReads());
        assertEquals(Step.NEED_INPUT, serverReads());
        assertEquals("ab", take(atServer));
        assertNull(server.failure());
    }

    @Test
    void aRecordThatIsNotWholeIsWaitedFor() {
        client.write(text("question"), 100, toServer);
        byte[] record = toServer.toBytes();
        toServer.clear();
        for (int i = 0; i < record.length - 1; i++) {
            toServer.append(record, i, 1);
            assertEquals(Step.NEED_INPUT, serverReads());
        }
        toServer.append(record, record.length - 1, 1);
        assertEquals(Step.OK, serverReads());
        assertEquals("question", take(atServer));
    }

    @Test
    void aRecordThatWasChangedIsRefused() {
        client.write(text("question"), 100, toServer);
        toServer.array()[toServer.head() + 7] ^= 1;
        assertRefused("bad_record_mac");
        assertTrue(atServer.isEmpty());
    }

    @ParameterizedTest
    @CsvSource({
        "20, 1, unexpected_message",
        "21, 2, unexpected_message",
        "22, 40, unexpected_message",
        "71, 40, unexpected_message",
        "23, 16641, record_overflow",
        "23, 16, decode_error"
    })
    void whatIsNoRecordIsRefused(int type, int length, String alert) {
        toServer.append(new byte[] {(byte) type, 3, 3, (byte) (length >> 8), (byte) length});
        toServer.append(new byte[length]);
        assertRefused(alert);
    }

    @Test
    void aRecordOfPaddingAloneIsRefused() {
        put(new byte[20]);
        assertRefused("unexpected_message");
    }

    @Test
    void aRecordOfMoreThanItMayHaveIsRefused() {
        byte[] content = new byte[16 * 1024 + 2];
        content[content.length - 1] = DATA;
        put(content);
        assertRefused("record_overflow");
    }

    @Test
    void theEndOfOneDirectionLeavesTheOther() {
        client.close(toServer);
        client.close(toServer);
        assertEquals(Step.CLOSED, serverReads());
        server.write(text("answer"), 100, toClient);
        client.read(toClient, toServer, atClient);
        assertEquals("answer", take(atClient));
        Buffer late = text("late");
        client.write(late, 100, toServer);
        assertTrue(late.isEmpty());
        assertEquals(Step.NEED_INPUT, serverReads());
    }

    @Test
    void alertsOfThePeerEndTheConnectionButForOne() {
        put((byte) 1, (byte) 90, ALERT);
        assertEquals(Step.OK, serverReads());
        put((byte) 2, (byte) 42, ALERT);
        assertEquals(Step.FAILED, serverReads());
        assertEquals("Received fatal alert: bad_certificate", server.failure());
        assertTrue(toClient.isEmpty());
        assertEquals(Step.FAILED, serverReads());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void keysAreUpdatedWhenThePeerSaysSo(int request) {
        put((byte) 24, (byte) 0, (byte) 0, (byte) 1, (byte) request, HANDSHAKE);
        assertEquals(Step.OK, serverReads());
        byHand.update();
        put((byte) 'x', DATA);
        assertEquals(Step.OK, serverReads());
        assertEquals("x", take(atServer));
        assertEquals(request == 1, !toClient.isEmpty());
        server.write(text("answer"), 100, toClient);
        while (client.read(toClient, toServer, atClient) == Step.OK) {}
        assertEquals("answer", take(atClient));
    }

    @Test
    void otherMessagesOfTheHandshakeAreRefused() {
        put((byte) 24, (byte) 0, (byte) 0, (byte) 1, (byte) 2, HANDSHAKE);
        assertRefused("unexpected_message");
    }

    @Test
    void aStormOfKeyUpdatesEndsTheConnection() {
        for (int i = 0; i < 100 && server.failure() == null; i++) {
            put((byte) 24, (byte) 0, (byte) 0, (byte) 1, (byte) 0, HANDSHAKE);
            byHand.update();
            serverReads();
        }
        assertEquals(RecordCredit.EXHAUSTED, server.failure());
    }

    @Test
    void aDirectionThatWasReleasedCannotHaveNewKeys() {
        assertTrue(server.canRelease());
        server.write(text("before"), 100, toClient);
        assertEquals(1, server.outputKeys().sequence());
        server.releaseOutput();
        assertFalse(server.canRelease());
        assertNull(server.outputKeys());
        put((byte) 24, (byte) 0, (byte) 0, (byte) 1, (byte) 1, HANDSHAKE);
        assertEquals(Step.OK, serverReads());
        assertTrue(server.owesKeyUpdate());
    }
}
