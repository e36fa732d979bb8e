// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.Printable;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The status and the fields of a response as its handler sets them, checked as they are set. */
abstract class AnswerHead extends Response {
    // What describes the content that an error answer does not have.
    private static final String[] OF_THE_CONTENT = {
        "Content-Encoding",
        "Content-Language",
        "Content-Range",
        "Content-Disposition",
        "ETag",
        "Last-Modified",
        "Accept-Ranges",
        "Cache-Control",
        "Expires"
    };

    private final FieldBlock fields = new FieldBlock();
    private int status = 200;

    /** Throws {@link IllegalStateException} where the response takes no change any more. */
    abstract void checkOpen();

    final void beginHead() {
        fields.clear();
        status = 200;
    }

    final FieldBlock fields() {
        return fields;
    }

    @Override
    public final Response status(int newStatus) {
        if (newStatus < 200 || newStatus > 599) {
            throw new IllegalArgumentException("not a final status: " + newStatus);
        }
        checkOpen();
        status = newStatus;
        return this;
    }

    @Override
    public final int status() {
        return status;
    }

    @Override
    public final Response header(String name, String value) {
        checkOpen();
        if (!fields.repeat(name, value)) {
            checkField(name, value);
            fields.append(name, value);
        }
        return this;
    }

    @Override
    public final Response setHeader(String name, String value) {
        checkOpen();
        if (fields.size() > 0 || !fields.repeat(name, value)) {
            checkField(name, value);
            fields.set(name, value);
        }
        return this;
    }

    @Override
    public final @Nullable String header(String name) {
        return fields.first(name);
    }

    private static void checkField(String name, String value) {
        Objects.requireNonNull(name, "the name of a field");
        if (value == null) {
            throw new NullPointerException("the value of the field " + Printable.text(name));
        }
        if (!FieldSyntax.isToken(name)) {
            throw new IllegalArgumentException("not a field name: " + Printable.text(name));
        }
        if (!FieldSyntax.isValue(value)) {
            throw new IllegalArgumentException("not a value for " + name + ": " + Printable.text(value));
        }
        if (FieldSyntax.isOurs(name)) {
            throw new IllegalArgumentException(name + " is the server's work");
        }
    }

    /** Sets the status of an error and removes what describes the content that it replaces. */
    final void clearContent(int newStatus) {
        for (String name : OF_THE_CONTENT) {
            fields.remove(name);
        }
        status = newStatus;
    }
}
