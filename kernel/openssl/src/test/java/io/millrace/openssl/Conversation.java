// SPDX-License-Identifier: Apache-2.0
package io.millrace.openssl;

import io.millrace.core.Buffer;
import io.millrace.tls.Credentials;
import io.millrace.tls.TlsEngine;
import io.millrace.tls.TlsEngine.Step;
import io.millrace.tls.TlsEngines;
import io.millrace.tls.TlsOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** Two engines, and the bytes between them. */
final class Conversation {
    private static final String FOLDER = "protocol/tls/src/test/resources/io/millrace/tls";

    final TlsEngine server;
    final TlsEngine client;
    final Buffer toServer = new Buffer(40_000);
    final Buffer toClient = new Buffer(40_000);
    final Buffer atServer = new Buffer(40_000);
    final Buffer atClient = new Buffer(40_000);

    Conversation(TlsEngines servers, TlsEngines clients) {
        server = servers.accept();
        client = clients.connect("localhost", 443);
    }

    static Path file(String name) {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve(FOLDER))) {
            folder = Objects.requireNonNull(folder.getParent(), "not started inside the checkout");
        }
        return folder.resolve(FOLDER).resolve(name);
    }

    static Credentials credentials(String name) {
        try {
            return Credentials.pem(file(name + ".pem"), file(name + ".key"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static TlsOptions serving() {
        return TlsOptions.DEFAULT.with(credentials("local"));
    }

    static TlsOptions trusting() {
        try {
            return TlsOptions.DEFAULT.withTrusted(Credentials.certificates(file("ca.pem")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Carries bytes until neither has more to say. */
    Conversation pump() {
        boolean goesOn = true;
        while (goesOn) {
            goesOn = step(client, toClient, toServer, atClient) | step(server, toServer, toClient, atServer);
        }
        return this;
    }

    private static boolean step(TlsEngine engine, Buffer from, Buffer to, Buffer plain) {
        boolean hasMoved = false;
        while (engine.read(from, to, plain) == Step.OK) {
            hasMoved = true;
        }
        return hasMoved;
    }

    void free() {
        server.free();
        client.free();
    }
}
