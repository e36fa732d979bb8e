// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.util.ArrayList;
import java.util.List;

/**
 * Header or trailer fields in the order in which they came (RFC 9110 section 5). Names are compared without regard to
 * case. A read-only view, valid as long as its request; afterwards every method throws {@link IllegalStateException}.
 */
public abstract class Headers {

    /** For the wire formats. */
    protected Headers() {}

    /** Number of field lines. */
    public abstract int size();

    /** The name of field line {@code index} as it was sent. */
    public abstract String name(int index);

    /** The value of field line {@code index}, without the white space around it. */
    public abstract String value(int index);

    /** Whether field line {@code index} has that name. Allocates nothing. */
    public abstract boolean isNamed(int index, String name);

    /** The first value of that name, or {@code null}. */
    public String first(String name) {
        for (int i = 0, n = size(); i < n; i++) {
            if (isNamed(i, name)) {
                return value(i);
            }
        }
        return null;
    }

    /** All values of that name in order, an empty list if there is none. */
    public List<String> all(String name) {
        List<String> values = new ArrayList<>();
        for (int i = 0, n = size(); i < n; i++) {
            if (isNamed(i, name)) {
                values.add(value(i));
            }
        }
        return values;
    }

    /** The values of that name joined by commas, as RFC 9110 section 5.3 allows for lists, or {@code null}. */
    public String joined(String name) {
        String joined = null;
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

    /** Whether there is a field of that name. Allocates nothing. */
    public boolean has(String name) {
        for (int i = 0, n = size(); i < n; i++) {
            if (isNamed(i, name)) {
                return true;
            }
        }
        return false;
    }
}
