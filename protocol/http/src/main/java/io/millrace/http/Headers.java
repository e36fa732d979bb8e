// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The header or trailer fields of a message in the order in which they came (RFC 9110 section 5). Names are compared
 * without regard to case. A view that cannot be changed, valid as long as its request; afterwards every method throws
 * {@link IllegalStateException}.
 */
public abstract class Headers {

    /** For the wire formats. */
    protected Headers() {}

    /** Returns the number of field lines. */
    public abstract int size();

    /**
     * Returns the name of a field line as it was sent.
     *
     * @param index 0 to {@link #size} - 1
     */
    public abstract String name(int index);

    /**
     * Returns the value of a field line, without the white space around it.
     *
     * @param index 0 to {@link #size} - 1
     */
    public abstract String value(int index);

    /** Returns whether a field line has a name. Allocates nothing. */
    public abstract boolean isNamed(int index, String name);

    /** Returns the first value of a name, or {@code null} if there is none. */
    public @Nullable String first(String name) {
        for (int i = 0, n = size(); i < n; i++) {
            if (isNamed(i, name)) {
                return value(i);
            }
        }
        return null;
    }

    /** Returns all values of a name in order, an empty list if there is none. */
    public List<String> all(String name) {
        List<String> values = new ArrayList<>();
        for (int i = 0, n = size(); i < n; i++) {
            if (isNamed(i, name)) {
                values.add(value(i));
            }
        }
        return values;
    }

    /**
     * Returns the values of a name joined by commas, as RFC 9110 section 5.3 allows for lists, or {@code null} if there
     * is none.
     */
    public @Nullable String joined(String name) {
        @Nullable String joined = null;
        for (int i = 0, n = size(); i < n; i++) {
            if (isNamed(i, name)) {
                // One line is the rule, and needs no list.
                if (joined != null) {
                    return String.join(", ", all(name));
                }
                joined = value(i);
            }
        }
        return joined;
    }

    /** Returns whether there is a field of a name. Allocates nothing. */
    public boolean has(String name) {
        for (int i = 0, n = size(); i < n; i++) {
            if (isNamed(i, name)) {
                return true;
            }
        }
        return false;
    }
}
