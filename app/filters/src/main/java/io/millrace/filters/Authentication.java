// SPDX-License-Identifier: Apache-2.0
package io.millrace.filters;

import io.millrace.http.Filter;
import io.millrace.http.Handler;
import io.millrace.http.Request;
import io.millrace.http.Response;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Asks clients who they are: Basic (RFC 7617) or Bearer (RFC 6750). A client that was wrong ten times in a minute is
 * answered 429 until it may try again. Who was found is {@link #user}. Use it over TLS: passwords and tokens are sent
 * as they are.
 */
public final class Authentication implements Filter {
    private static final String USER = "io.millrace.filters.user";
    private static final int TRIES = 10;

    private final String scheme;
    private final String challenge;
    private final Function<String, @Nullable String> user;
    private final AttemptLimit failures = new AttemptLimit(TRIES, Duration.ofMinutes(1), System::nanoTime);

    private Authentication(String scheme, String challenge, Function<String, @Nullable String> user) {
        this.scheme = scheme;
        this.challenge = challenge;
        this.user = user;
    }

    /** Asks for one of these users and passwords; they are compared in a time that tells nothing. */
    public static Authentication basic(String realm, Map<String, String> passwords) {
        Map<String, byte[]> known = passwords.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, entry -> digest(entry.getValue())));
        byte[] none = digest("");
        return basic(realm, (name, password) -> {
            byte[] expected = known.getOrDefault(name, none);
            return MessageDigest.isEqual(expected, digest(password)) & known.containsKey(name);
        });
    }

    /**
     * Asks for a user and a password that {@code check} takes. It runs where the route does, and should not tell by its
     * time what was wrong.
     */
    public static Authentication basic(String realm, BiPredicate<String, String> check) {
        String challenge = "Basic realm=\"" + quoted(realm) + "\", charset=\"UTF-8\"";
        return new Authentication("Basic", challenge, credentials -> {
            String text = decoded(credentials);
            int colon = text.indexOf(':');
            boolean right = colon >= 0 && check.test(text.substring(0, colon), text.substring(colon + 1));
            return right ? text.substring(0, colon) : null;
        });
    }

    /** Asks for a token that {@code find} knows the user of; {@code null} for none. It runs where the route does. */
    public static Authentication bearer(Function<String, @Nullable String> find) {
        return new Authentication("Bearer", "Bearer", find);
    }

    /** Returns the user of a request that has passed, {@code null} if it was not asked. */
    public static @Nullable String user(Request request) {
        return (String) request.attribute(USER);
    }

    @Override
    public void filter(Request request, Response response, Handler next) throws Exception {
        String client = Clients.key(request);
        long wait = failures.look(client);
        if (wait > 0) {
            Clients.tooMany(response, wait);
            return;
        }
        String credentials = credentials(request.header("Authorization"));
        String found = credentials == null ? null : user.apply(credentials);
        if (found != null) {
            request.attribute(USER, found);
            next.handle(request, response);
            return;
        }
        // A client that has said nothing has not tried.
        if (credentials != null) {
            failures.take(client);
        }
        response.status(401).setHeader("WWW-Authenticate", challenge).send("401 Unauthorized\n");
    }

    private @Nullable String credentials(@Nullable String field) {
        boolean ours = field != null
                && field.length() > scheme.length()
                && field.regionMatches(true, 0, scheme, 0, scheme.length())
                && field.charAt(scheme.length()) == ' ';
        return field != null && ours ? field.substring(scheme.length() + 1).strip() : null;
    }

    private static String decoded(String credentials) {
        try {
            return new String(Base64.getDecoder().decode(credentials), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    private static String quoted(String realm) {
        return realm.replace("\\", "\\\\").replace("\"", "\\\"");
    }

    // Of one length, so that not even the lengths of two passwords are compared.
    private static byte[] digest(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
