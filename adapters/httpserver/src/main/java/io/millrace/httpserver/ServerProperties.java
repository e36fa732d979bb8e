// SPDX-License-Identifier: Apache-2.0
package io.millrace.httpserver;

import io.millrace.http.Limits;
import java.time.Duration;
import java.util.Locale;

/**
 * What the system properties of the JDK's server say, with the JDK's defaults.
 *
 * @param idleSeconds how long a connection may be idle
 * @param maxConnections how many connections may be open at once; 0 or less for any number
 * @param maxIdleConnections how many connections may be idle; beyond it one is closed after its answer
 * @param drainAmount bytes of a body left unread that are read to keep the connection
 * @param maxFields number of header fields
 * @param maxHead bytes of a request's head; 0 for {@link #LARGEST_HEAD}
 * @param requestSeconds how long a request may take to come in; 0 or less for any time
 * @param responseSeconds how long an answer may take from then on; 0 or less for any time
 * @param byPathPart whether a context's path ends where a part of the request's path ends, as since JDK 27; else it may
 *     end in the middle of one
 * @param sharedAttributes whether the attributes of an exchange are those of its context, as before JDK 26
 * @param closeOnException whether an exception thrown by a handler ends the connection without an answer, as the JDK
 *     does, and not with 500
 */
record ServerProperties(
        long idleSeconds,
        int maxConnections,
        int maxIdleConnections,
        long drainAmount,
        int maxFields,
        int maxHead,
        long requestSeconds,
        long responseSeconds,
        boolean byPathPart,
        boolean sharedAttributes,
        boolean closeOnException) {

    private static final String PREFIX = "sun.net.httpserver.";
    private static final int LARGEST_HEAD = 16 * 1024 * 1024;

    // How long a peer that has sent its last byte may wait in silence: handlers of this API may be slow.
    private static final Duration HALF_CLOSED = Duration.ofMinutes(5);

    /** Reads the properties as they are now. */
    static ServerProperties ofProperties() {
        long idle = Long.getLong(PREFIX + "idleInterval", 30);
        int fields = Integer.getInteger(PREFIX + "maxReqHeaders", 200);
        return new ServerProperties(
                idle > 0 ? idle : 30,
                Integer.getInteger("jdk.httpserver.maxConnections", -1),
                Integer.getInteger(PREFIX + "maxIdleConnections", 200),
                Math.max(0, Long.getLong(PREFIX + "drainAmount", 64 * 1024)),
                fields > 0 ? fields : 200,
                Math.max(0, Integer.getInteger(PREFIX + "maxReqHeaderSize", 380 * 1024)),
                Long.getLong(PREFIX + "maxReqTime", -1),
                Long.getLong(PREFIX + "maxRspTime", -1),
                byPathPart(System.getProperty(PREFIX + "pathMatcher")),
                sharedAttributes(System.getProperty("jdk.httpserver.attributes")),
                Boolean.getBoolean("io.millrace.httpserver.closeOnException"));
    }

    private static boolean byPathPart(String matcher) {
        return switch (matcher == null ? "" : matcher.toLowerCase(Locale.ROOT)) {
            case "pathprefix" -> true;
            case "stringprefix" -> false;
            default -> Runtime.version().feature() >= 27;
        };
    }

    private static boolean sharedAttributes(String scope) {
        return Runtime.version().feature() < 26 || "context".equalsIgnoreCase(scope);
    }

    /**
     * Returns these settings as limits of HTTP. The time for a request's head stays Millrace's own unless the property
     * for requests is set; a body may come at any rate and an answer at any time, as in the JDK.
     */
    Limits limits() {
        int head = Math.max(16, maxHead > 0 ? Math.min(maxHead, LARGEST_HEAD) : LARGEST_HEAD);
        Limits limits = Limits.DEFAULT
                .withTarget(head)
                .withHead(head)
                .withFields(maxFields)
                .withBody(Long.MAX_VALUE)
                .withUnread(drainAmount)
                .withIdleTime(Duration.ofSeconds(idleSeconds))
                .withHalfClosedTime(HALF_CLOSED)
                .withBodyRate(0)
                .withAnswerTime(Duration.ofDays(365));
        if (requestSeconds <= 0) {
            return limits;
        }
        // No body can come at this rate once its time of grace is over.
        Duration whole = Duration.ofSeconds(requestSeconds);
        return limits.withHeadTime(whole).withBodyTime(whole).withBodyRate(Integer.MAX_VALUE);
    }
}
