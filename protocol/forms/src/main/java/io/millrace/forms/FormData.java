// SPDX-License-Identifier: Apache-2.0
package io.millrace.forms;

import io.millrace.http.HttpException;
import io.millrace.http.Request;
import io.millrace.http.RequestBody;
import io.millrace.http.Response;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The fields of a form that was sent as {@code application/x-www-form-urlencoded}. Immutable. */
public final class FormData {
    /** The type of such a body. */
    public static final String TYPE = "application/x-www-form-urlencoded";

    private static final int MOST_FIELDS = 1_000;

    private final Map<String, List<String>> fields;

    private FormData(Map<String, List<String>> fields) {
        this.fields = fields;
    }

    /**
     * Waits for the body of a request and reads it as a form. Not on the loop.
     *
     * @param limit bytes that the body may have
     * @throws HttpException 415 if it is of another type or has a content coding, 413 if it is longer, 400 if it cannot
     *     be decoded or has more than a thousand fields
     * @throws IOException if the client does not send it whole
     */
    public static FormData read(Request request, int limit) throws IOException, HttpException {
        checkType(request);
        return parse(request.body().bytes(limit));
    }

    /**
     * Collects the body of a request, without blocking, then calls {@code done} on the loop with the form. The response
     * is deferred by this call; what {@link #read} throws is answered.
     *
     * @param limit bytes that the body may have
     * @throws HttpException 415 if the body is of another type
     */
    public static void collect(Request request, Response response, int limit, Consumer<? super FormData> done)
            throws HttpException {
        checkType(request);
        request.body().collect(limit, bytes -> {
            FormData form;
            try {
                form = parse(bytes);
            } catch (HttpException e) {
                response.fail(e);
                return;
            }
            done.accept(form);
        });
    }

    /** Returns the first value of a field, {@code null} if there is none. */
    public @Nullable String first(String name) {
        List<String> values = fields.get(name);
        return values == null ? null : values.getFirst();
    }

    /**
     * Returns the first value of a field.
     *
     * @throws HttpException 400, with the field's name, if there is none
     */
    public String required(String name) throws HttpException {
        String value = first(name);
        if (value == null) {
            throw new HttpException(400, "the field " + name + " is missing");
        }
        return value;
    }

    /**
     * Returns the first value of a field as a number.
     *
     * @throws HttpException 400, with the field's name, if it is missing or no number of that size
     */
    public int requiredInt(String name) throws HttpException {
        try {
            return Integer.parseInt(required(name));
        } catch (NumberFormatException e) {
            throw new HttpException(400, "the field " + name + " is no number");
        }
    }

    /** Returns all values of a field, in order. */
    public List<String> all(String name) {
        return fields.getOrDefault(name, List.of());
    }

    /** Returns the names of the fields, in order. */
    public List<String> names() {
        return List.copyOf(fields.keySet());
    }

    private static void checkType(Request request) throws HttpException {
        String type = request.header("Content-Type");
        if (type == null || !type.split(";", 2)[0].strip().equalsIgnoreCase(TYPE)) {
            throw new HttpException(415, "expected " + TYPE);
        }
        RequestBody.checkPlain(request);
    }

    static FormData parse(byte[] body) throws HttpException {
        String text = new String(body, StandardCharsets.UTF_8);
        Map<String, List<String>> fields = new LinkedHashMap<>();
        int count = 0;
        for (String pair : text.isEmpty() ? new String[0] : text.split("&")) {
            if (++count > MOST_FIELDS) {
                throw new HttpException(400, "the form has too many fields");
            }
            int equals = pair.indexOf('=');
            String name = decoded(equals < 0 ? pair : pair.substring(0, equals));
            String value = equals < 0 ? "" : decoded(pair.substring(equals + 1));
            fields.computeIfAbsent(name, key -> new ArrayList<>()).add(value);
        }
        return new FormData(fields);
    }

    private static String decoded(String text) throws HttpException {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new HttpException(400, "the form is not encoded as it should be");
        }
    }
}
