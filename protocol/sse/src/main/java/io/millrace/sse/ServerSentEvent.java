// SPDX-License-Identifier: Apache-2.0
package io.millrace.sse;

import io.millrace.core.SharedBytes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One event of an {@link EventStream}, as the HTML standard writes them (section 9.2.6). Encoded once, when it is first
 * sent, to however many. Any thread may use it.
 */
public final class ServerSentEvent {
    private final @Nullable String id;
    private final @Nullable String name;
    private final @Nullable Duration retry;
    private final String data;
    private volatile @Nullable SharedBytes encoded;

    private ServerSentEvent(@Nullable String id, @Nullable String name, @Nullable Duration retry, String data) {
        this.id = id;
        this.name = name;
        this.retry = retry;
        this.data = data;
    }

    /** Returns an event with these data, of any number of lines; browsers tell it as {@code message}. */
    public static ServerSentEvent of(String data) {
        return new ServerSentEvent(null, null, null, data);
    }

    /**
     * Returns the same event with an identifier, which a client names in {@code Last-Event-ID} when it comes back.
     *
     * @throws IllegalArgumentException if it has a line break or a NUL
     */
    public ServerSentEvent withId(String newId) {
        return new ServerSentEvent(checked(newId), name, retry, data);
    }

    /**
     * Returns the same event with a name, by which a client can listen for it.
     *
     * @throws IllegalArgumentException if it has a line break or a NUL
     */
    public ServerSentEvent withName(String newName) {
        return new ServerSentEvent(id, checked(newName), retry, data);
    }

    /**
     * Returns the same event, which also says how long a client waits before it comes back.
     *
     * @throws IllegalArgumentException if it is negative
     */
    public ServerSentEvent withRetry(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("not a time to wait: " + time);
        }
        return new ServerSentEvent(id, name, time, data);
    }

    private static String checked(String line) {
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '\r' || c == '\n' || c == 0) {
                throw new IllegalArgumentException("an id or a name is one line without NUL");
            }
        }
        return line;
    }

    /** Returns the bytes that are sent. */
    SharedBytes encoded() {
        SharedBytes known = encoded;
        if (known == null) {
            known = SharedBytes.of(text().getBytes(StandardCharsets.UTF_8));
            encoded = known;
        }
        return known;
    }

    private String text() {
        StringBuilder text = new StringBuilder(data.length() + 32);
        if (id != null) {
            text.append("id: ").append(id).append('\n');
        }
        if (name != null) {
            text.append("event: ").append(name).append('\n');
        }
        if (retry != null) {
            text.append("retry: ").append(retry.toMillis()).append('\n');
        }
        lines(text, "data: ", data);
        return text.append('\n').toString();
    }

    /** Appends each line with {@code start} before it: lines end with CR, LF or both, as a client sees them. */
    static void lines(StringBuilder text, String start, String all) {
        text.append(start);
        for (int i = 0; i < all.length(); i++) {
            char c = all.charAt(i);
            if (c != '\r' && c != '\n') {
                text.append(c);
                continue;
            }
            boolean pair = c == '\r' && i + 1 < all.length() && all.charAt(i + 1) == '\n';
            i += pair ? 1 : 0;
            text.append('\n').append(start);
        }
        text.append('\n');
    }

    @Override
    public String toString() {
        return text();
    }
}
