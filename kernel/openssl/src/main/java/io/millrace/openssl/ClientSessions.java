// SPDX-License-Identifier: Apache-2.0
package io.millrace.openssl;

import io.millrace.sys.LibSsl;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The last session with each server that a client has talked to, as many as fit. Any thread may call. */
final class ClientSessions {
    private static final int MOST = 1_024;

    private final Map<String, Long> sessions = new LinkedHashMap<>();

    /** Has a connection resume the last session with that server, if there is one. */
    synchronized void resume(long ssl, String host, int port) {
        Long session = sessions.get(host + ':' + port);
        if (session != null) {
            LibSsl.resume(ssl, session);
        }
    }

    /** Keeps a connection's session in place of the one before. */
    synchronized void keep(long ssl, String host, int port) {
        long session = LibSsl.resumableSession(ssl);
        if (session == 0) {
            return;
        }
        NativeObjects.made(session, "a session");
        free(sessions.remove(host + ':' + port));
        sessions.put(host + ':' + port, session);
        Iterator<Long> eldest = sessions.values().iterator();
        if (sessions.size() > MOST) {
            free(eldest.next());
            eldest.remove();
        }
    }

    synchronized void clear() {
        sessions.values().forEach(ClientSessions::free);
        sessions.clear();
    }

    private static void free(@Nullable Long session) {
        if (session != null) {
            LibSsl.freeSession(session);
            NativeObjects.freed();
        }
    }
}
