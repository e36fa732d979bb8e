// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Which engine of TLS is used, and that OpenSSL is not loaded for a server in the clear. */
@Timeout(120)
@EnabledOnOs(value = OS.LINUX, disabledReason = "OpenSSL is bound on Linux alone")
final class TlsProvidersTest {

    private static String run(List<String> options) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(ProcessHandle.current().info().command().orElseThrow(), "--enable-native-access=ALL-UNNAMED"));
        command.addAll(options);
        command.addAll(List.of("-cp", WebServerTest.classPath(), LoadedLibrariesProgram.class.getName()));
        for (String name : List.of("local.pem", "local.key")) {
            command.add(
                    Path.of(TlsProvidersTest.class.getResource(name).toURI()).toString());
        }
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
        return said;
    }

    @Test
    void openSslIsLoadedForTlsAndNotBefore() throws Exception {
        String said = run(List.of());
        assertTrue(said.startsWith("in the clear: false\n"), said);
        if (TlsProviders.whyNoOpenSsl() == null) {
            assertTrue(said.contains("over TLS: true, OpenSSL 3"), said);
        }
    }

    @Test
    void withoutTheLibraryTheJdkIsUsed() throws Exception {
        String said = run(List.of("-Dmillrace.openssl.library=/nowhere/libssl.so.3"));
        assertTrue(said.contains("over TLS: false, JDK "), said);
    }

    @Test
    void enginesHaveNames() {
        assertTrue(TlsProviders.named("jdk").name().startsWith("JDK "));
        assertEquals(TlsProviders.auto().name(), TlsProviders.named("auto").name());
        assertThrows(IllegalArgumentException.class, () -> TlsProviders.named("other"));
    }
}
