// SPDX-License-Identifier: Apache-2.0
package io.millrace.openssl;

import io.millrace.sys.LibSsl;
import io.millrace.tls.Credentials;
import io.millrace.tls.HostNames;
import io.millrace.tls.TlsEngine;
import io.millrace.tls.TlsEngines;
import io.millrace.tls.TlsOptions;
import java.lang.ref.Cleaner;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The contexts of OpenSSL for one {@link io.millrace.tls.TlsContext}: a set, and after a reload another. */
final class OpenSslEngines implements TlsEngines {
    private static final Cleaner CLEANER = Cleaner.create();

    /** What the cleaner has to free, which must not know the engines. */
    private static final class Current {
        volatile ContextSet set;

        Current(ContextSet first) {
            set = first;
        }
    }

    private final ContextBuilder builder;
    private final boolean isServer;
    private final Current current;
    private final ClientSessions sessions = new ClientSessions();

    OpenSslEngines(TlsOptions options, boolean isServer) {
        this.isServer = isServer;
        this.builder = new ContextBuilder(options, isServer);
        Current holder = new Current(new ContextSet(builder, options.credentials()));
        this.current = holder;
        // A context that the program forgets cannot be used any more, and its connections hold what they need.
        ClientSessions kept = sessions;
        CLEANER.register(this, () -> {
            holder.set.release();
            kept.clear();
        });
    }

    @Override
    public TlsEngine accept() {
        return new OpenSslEngine(this, null, 0);
    }

    @Override
    public TlsEngine connect(String host, int port) {
        return new OpenSslEngine(this, host, port);
    }

    @Override
    public synchronized void replace(List<Credentials> credentials) {
        ContextSet next = new ContextSet(builder, credentials);
        ContextSet last = current.set;
        current.set = next;
        last.release();
    }

    boolean isServer() {
        return isServer;
    }

    /** Makes a server's connection, with the credentials for the name that the client asks for. */
    long open(@Nullable String serverName) {
        ContextSet set = hold();
        try {
            return NativeObjects.made(LibSsl.create(set.contextFor(serverName), true), "a connection");
        } finally {
            set.release();
        }
    }

    /** Makes a client's connection, which verifies the server's name and resumes the last session with it. */
    long open(String host, int port) {
        ContextSet set = hold();
        try {
            long ssl = NativeObjects.made(LibSsl.create(set.contextFor(null), false), "a connection");
            if (HostNames.isAddress(host)) {
                LibSsl.verifyAddress(ssl, host);
            } else {
                LibSsl.askFor(ssl, host);
                LibSsl.verifyName(ssl, host);
            }
            sessions.resume(ssl, host, port);
            return ssl;
        } finally {
            set.release();
        }
    }

    /** Keeps the session of a client's connection, if it can be resumed. */
    void keepSession(long ssl, String host, int port) {
        sessions.keep(ssl, host, port);
    }

    private ContextSet hold() {
        while (true) {
            ContextSet set = current.set;
            if (set.hold()) {
                return set;
            }
        }
    }
}
