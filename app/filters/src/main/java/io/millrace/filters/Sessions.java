// SPDX-License-Identifier: Apache-2.0
package io.millrace.filters;

import io.millrace.http.Cookie;
import io.millrace.http.Request;
import io.millrace.http.Response;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Keeps what belongs to a visitor in a cookie that is signed (HMAC-SHA256), so that the server has no state. A visitor
 * can read it and cannot change it; it cannot be taken back before it ends. Any number of threads may call.
 */
public final class Sessions {
    private static final int LEAST_KEY = 32;
    private static final int MOST_BYTES = 3_500;
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

    private final SecretKeySpec key;
    private final Duration time;
    private final InstantSource clock;
    private final Cookie cookie;

    private Sessions(SecretKeySpec key, Duration time, InstantSource clock, Cookie cookie) {
        this.key = key;
        this.time = time;
        this.clock = clock;
        this.cookie = cookie;
    }

    /**
     * Returns sessions that end after {@code time}.
     *
     * @param key at least 32 random bytes, the same on all servers of a site and after a restart
     * @throws IllegalArgumentException if the key is shorter
     */
    public static Sessions signedBy(byte[] key, Duration time) {
        return signedBy(key, time, InstantSource.system());
    }

    /**
     * Returns sessions by a clock of the caller's: for tests that set the time.
     *
     * @throws IllegalArgumentException for a key that is too short
     */
    public static Sessions signedBy(byte[] key, Duration time, InstantSource clock) {
        if (key.length < LEAST_KEY) {
            throw new IllegalArgumentException("a key has at least " + LEAST_KEY + " bytes, not " + key.length);
        }
        Cookie cookie = Cookie.of("__Host-session", "").maxAge(time);
        return new Sessions(new SecretKeySpec(key, "HmacSHA256"), time, clock, cookie);
    }

    /**
     * Returns the same sessions for a site without HTTPS, whose cookie is named {@code session}: for development where
     * the browser does not take {@code localhost} for secure.
     */
    public Sessions overPlainHttp() {
        return new Sessions(
                key, time, clock, Cookie.of("session", "").secure(false).maxAge(time));
    }

    /** Returns what the visitor's session has; nothing if there is none, or one that is over or not genuine. */
    public Map<String, String> read(Request request) {
        String sent = request.cookie(cookie.name());
        int dot = sent == null ? -1 : sent.lastIndexOf('.');
        if (sent == null || dot < 0) {
            return Map.of();
        }
        try {
            byte[] signature = Base64.getUrlDecoder().decode(sent.substring(dot + 1));
            if (!MessageDigest.isEqual(sign(sent.substring(0, dot)), signature)) {
                return Map.of();
            }
            return values(new String(Base64.getUrlDecoder().decode(sent.substring(0, dot)), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            return Map.of();
        }
    }

    /**
     * Sets what the visitor's session has, in place of all before.
     *
     * @throws IllegalArgumentException if it is too large for a cookie, or has NUL in it
     */
    public void write(Response response, Map<String, String> values) {
        StringBuilder text =
                new StringBuilder().append(clock.instant().plus(time).getEpochSecond());
        values.forEach((name, value) -> {
            if (name.indexOf('\0') >= 0 || value.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("a session has no NUL");
            }
            text.append('\0').append(name).append('\0').append(value);
        });
        String payload = ENCODER.encodeToString(text.toString().getBytes(StandardCharsets.UTF_8));
        if (payload.length() > MOST_BYTES) {
            throw new IllegalArgumentException(
                    "a session of " + payload.length() + " bytes does not fit into a cookie");
        }
        response.cookie(cookie.value(payload + "." + ENCODER.encodeToString(sign(payload))));
    }

    /** Ends the visitor's session: the cookie is removed. */
    public void end(Response response) {
        response.cookie(cookie.maxAge(Duration.ZERO));
    }

    private Map<String, String> values(String text) {
        String[] parts = text.split("\0", -1);
        if (Long.parseLong(parts[0]) <= clock.instant().getEpochSecond()) {
            return Map.of();
        }
        Map<String, String> values = new LinkedHashMap<>();
        for (int i = 1; i + 1 < parts.length; i += 2) {
            values.put(parts[i], parts[i + 1]);
        }
        return values;
    }

    private byte[] sign(String payload) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            return mac.doFinal((cookie.name() + "=" + payload).getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HmacSHA256", e);
        }
    }
}
