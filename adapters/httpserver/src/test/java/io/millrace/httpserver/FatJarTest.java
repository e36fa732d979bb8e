// SPDX-License-Identifier: Apache-2.0
package io.millrace.httpserver;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.testkit.HouseClassPath;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** In a fat jar classes have a loader of their own, where the JDK does not look for providers. */
@Timeout(120)
final class FatJarTest {
    private static final String LAUNCHER = """
            import java.io.File;
            import java.net.InetSocketAddress;
            import java.net.URL;
            import java.net.URLClassLoader;
            import java.util.ArrayList;

            void main(String[] arguments) throws Exception {
                var urls = new ArrayList<URL>();
                for (String each : arguments[0].split(File.pathSeparator)) {
                    urls.add(new File(each).toURI().toURL());
                }
                var loader = new URLClassLoader(urls.toArray(URL[]::new));
                Thread.currentThread().setContextClassLoader(loader);
                System.out.print(com.sun.net.httpserver.HttpServer.create().getClass().getPackageName() + " ");
                var servers = loader.loadClass("io.millrace.httpserver.HttpServers");
                Object ours = servers.getMethod("create", InetSocketAddress.class, int.class)
                        .invoke(null, new InetSocketAddress("127.0.0.1", 0), 0);
                System.out.print(ours.getClass().getPackageName());
                System.exit(0);
            }
            """;

    @Test
    void theServiceIsNotFoundAndTheFactoryIs(@TempDir Path folder) throws Exception {
        Path launcher = Files.writeString(folder.resolve("Launcher.java"), LAUNCHER);
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        launcher.toString(),
                        HouseClassPath.text())
                .redirectError(folder.resolve("errors").toFile())
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), Files.readString(folder.resolve("errors")));
        assertEquals("sun.net.httpserver io.millrace.httpserver", printed);
    }
}
