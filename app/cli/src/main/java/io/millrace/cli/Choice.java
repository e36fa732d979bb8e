// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * An option's value that is one of an enum's names, in lower case and with dashes. Knows no picocli, which a worker
 * process does not load.
 */
final class Choice {
    private Choice() {}

    /** The name of a value as it is written on the command line. */
    static String label(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The names of all values. */
    static <E extends Enum<E>> String labels(Class<E> type, String between) {
        List<String> labels = new ArrayList<>();
        for (E value : type.getEnumConstants()) {
            labels.add(label(value));
        }
        return String.join(between, labels);
    }

    /**
     * The value of that name.
     *
     * @throws IllegalArgumentException with a message for the user, if there is none
     */
    static <E extends Enum<E>> E of(Class<E> type, String text) {
        for (E value : type.getEnumConstants()) {
            if (label(value).equals(text)) {
                return value;
            }
        }
        throw new IllegalArgumentException("'" + text + "' is not one of " + labels(type, ", "));
    }
}
