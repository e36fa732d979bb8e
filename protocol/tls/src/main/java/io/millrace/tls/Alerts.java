// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Counts why connections failed, by the alert that was sent or received (RFC 8446 section 6), or in a few words where
 * there was none. Any thread may call.
 */
final class Alerts {
    private static final Pattern SENT = Pattern.compile("\\((\\w+)\\)");
    private static final Pattern RECEIVED = Pattern.compile("Received fatal alert: (\\w+)");

    /** There are some forty alerts; what is beyond is no alert's name. */
    private static final int MOST = 128;

    private static final String OTHER = "other";

    /** What is told in words of our own. */
    static final String TOO_LONG = "the handshake took too long";

    static final String WENT_AWAY = "the peer went away during the handshake";
    static final String GAVE_UP = "the peer gave the handshake up";
    static final String RENEGOTIATION = "renegotiation was refused";
    static final String NEW_KEYS = "the peer asked for new keys, which the kernel cannot change";
    static final String NO_PAYLOAD = RecordCredit.EXHAUSTED;
    private static final Set<String> WORDS = Set.of(TOO_LONG, WENT_AWAY, GAVE_UP, RENEGOTIATION, NO_PAYLOAD, NEW_KEYS);

    private final Map<String, LongAdder> counts = new ConcurrentHashMap<>();

    void count(@Nullable String why) {
        String name = name(why);
        String key = counts.containsKey(name) || counts.size() < MOST ? name : OTHER;
        counts.computeIfAbsent(key, unused -> new LongAdder()).increment();
    }

    /** The alert that an engine's words tell of, such as {@code sent handshake_failure}. */
    static String name(@Nullable String why) {
        String text = why == null ? "" : why;
        if (WORDS.contains(text)) {
            return text;
        }
        Matcher received = RECEIVED.matcher(text);
        if (received.find()) {
            return "received " + received.group(1);
        }
        Matcher sent = SENT.matcher(text);
        return sent.lookingAt() ? "sent " + sent.group(1) : OTHER;
    }

    Map<String, Long> all() {
        Map<String, Long> all = new TreeMap<>();
        counts.forEach((name, count) -> all.put(name, count.sum()));
        return all;
    }
}
