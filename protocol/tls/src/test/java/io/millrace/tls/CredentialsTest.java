// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every common form of key and certificate is read, and what is wrong is named by file, block and line. */
final class CredentialsTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "local.pem, local.key",
        "local.pem, local-sec1.key",
        "rsa.pem, rsa.key",
        "rsa.pem, rsa-pkcs1.key",
        "ed.pem, ed.key"
    })
    void aKeyOfEachKindIsRead(String chain, String key) throws IOException {
        Credentials read = Credentials.pem(TestKeys.file(chain), TestKeys.file(key));
        assertEquals(2, read.chain().size());
    }

    @Test
    void anEncryptedKeyIsReadWithItsPassword() throws IOException {
        Path key = TestKeys.file("local-encrypted.key");
        Path chain = TestKeys.file("local.pem");
        assertEquals(
                List.of("localhost"),
                Credentials.pem(chain, key, "secret".toCharArray()).names());
        assertSays(() -> Credentials.pem(chain, key, "wrong".toCharArray()), "block 1 (ENCRYPTED PRIVATE KEY), line 1");
        assertSays(() -> Credentials.pem(chain, key), "no password");
    }

    @Test
    void aKeyStoreIsRead() throws IOException {
        Path store = TestKeys.file("local.p12");
        assertEquals(
                2, Credentials.keyStore(store, "secret".toCharArray()).chain().size());
        assertThrows(IOException.class, () -> Credentials.keyStore(store, "wrong".toCharArray()));
    }

    @Test
    void commentsAndOtherLineEndsDoNotMatter() throws IOException {
        String text = "A comment: before the block\n" + TestKeys.text("local.pem") + TestKeys.text("local.key");
        Path both = Files.writeString(folder.resolve("both.pem"), text.replace("\n", "\r\n"));
        assertEquals(2, Credentials.pem(both, both).chain().size());
    }

    @Test
    void anOldEncryptedKeyIsRefusedWithTheCommandThatConvertsIt() {
        assertSays(() -> Credentials.pem(TestKeys.file("local.pem"), TestKeys.file("local-old.key")), "openssl pkcs8");
    }

    @Test
    void aKeyOfAnotherCertificateIsRefused() {
        assertSays(() -> Credentials.pem(TestKeys.file("local.pem"), TestKeys.file("rsa.key")), "does not belong");
        assertSays(() -> Credentials.pem(TestKeys.file("local.pem"), TestKeys.file("wild.key")), "does not belong");
    }

    @Test
    void aChainInTheWrongOrderIsRefused() throws IOException {
        String ca = TestKeys.text("ca.pem");
        Path chain = Files.writeString(folder.resolve("chain.pem"), ca + TestKeys.text("local.pem"));
        assertSays(() -> Credentials.pem(chain, TestKeys.file("local.key")), "certificate 1 is not signed by");
    }

    @Test
    void brokenFilesAreNamedByBlockAndLine() throws IOException {
        Path key = TestKeys.file("local.key");
        Path empty = Files.writeString(folder.resolve("empty.pem"), "");
        assertSays(() -> Credentials.pem(empty, key), "no PEM block");
        String two = TestKeys.text("ca.pem") + TestKeys.text("ca.pem").replaceFirst("\n[A-Za-z0-9+/=]{5}", "\n*****");
        int line = TestKeys.text("ca.pem").split("\n").length + 1;
        Path broken = Files.writeString(folder.resolve("broken.pem"), two);
        assertSays(() -> Credentials.pem(broken, key), "broken.pem, block 2 (CERTIFICATE), line " + line);
        Path cut = Files.writeString(
                folder.resolve("cut.pem"), TestKeys.text("ca.pem").replace("-----END CERTIFICATE-----", ""));
        assertSays(() -> Credentials.pem(cut, key), "has no end");
        Path notOne = Files.writeString(
                folder.resolve("not.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assertSays(() -> Credentials.pem(notOne, key), "is no certificate");
        assertSays(() -> Credentials.pem(TestKeys.file("local.pem"), TestKeys.file("ca.pem")), "no private key");
    }

    @Test
    void aWildcardStandsForOneLabel() {
        Credentials wild = TestKeys.of("wild");
        assertTrue(wild.coversByWildcard("b.example.org"));
        assertEquals(false, wild.coversByWildcard("example.org"));
        assertEquals(false, wild.coversByWildcard("c.b.example.org"));
    }

    private interface Reading {
        Credentials read() throws IOException;
    }

    private static void assertSays(Reading reading, String what) {
        String message = assertThrows(IOException.class, reading::read).getMessage();
        assertTrue(message.contains(what), message);
    }
}
