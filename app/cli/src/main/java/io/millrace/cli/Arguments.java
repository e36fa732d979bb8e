// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.models.IoModel;
import java.util.ArrayList;
import java.util.List;

/**
 * What a command line gave: as picocli has parsed and checked it ({@link ParsedArguments}), or as words that a process
 * of ours has made of that for a worker. A worker lives for one client, and picocli would be the longest part of its
 * life.
 */
abstract class Arguments {

    /** What {@link #words} wrote down. */
    static Arguments words(List<String> words) {
        return new Words(words);
    }

    /** Whether the option is there. */
    abstract boolean has(String name);

    /** The option's value, a string unless {@code otherwise} is of another kind. */
    abstract <T> T read(String name, T otherwise);

    /** All values of an option that may be repeated. */
    abstract List<String> all(String name);

    /** The option's number, or {@code null}. */
    abstract Integer number(String name);

    /** The model that was asked for, {@code null} for auto. */
    abstract IoModel model();

    /** What was given without an option's name, or {@code null}. */
    abstract String positional();

    /** The error of a command line that says something wrong. */
    abstract RuntimeException wrong(String message);

    /** {@code --name=value} for everything that was given, for {@link #words}. */
    abstract List<String> words();

    private static final class Words extends Arguments {
        private final List<String> words;

        Words(List<String> words) {
            this.words = words;
        }

        @Override
        boolean has(String name) {
            return !all(name).isEmpty();
        }

        /** Of the kind that the other value is: all was checked when it was written down. */
        @Override
        @SuppressWarnings("unchecked")
        <T> T read(String name, T otherwise) {
            List<String> values = all(name);
            if (values.isEmpty()) {
                return otherwise;
            }
            String value = values.getFirst();
            // No switch over types, which would be linked at run time.
            if (otherwise instanceof Integer) {
                return (T) Integer.valueOf(value);
            }
            return otherwise instanceof Enum<?> one ? (T) Choice.of(one.getDeclaringClass(), value) : (T) value;
        }

        @Override
        List<String> all(String name) {
            List<String> values = new ArrayList<>();
            for (String word : words) {
                if (word.length() > name.length() && word.startsWith(name) && word.charAt(name.length()) == '=') {
                    values.add(word.substring(name.length() + 1));
                }
            }
            return values;
        }

        @Override
        Integer number(String name) {
            return has(name) ? Integer.valueOf(all(name).getFirst()) : null;
        }

        @Override
        IoModel model() {
            return has("--model") ? IoModel.named(all("--model").getFirst()).orElse(null) : null;
        }

        /** Written down as the option that says the same. */
        @Override
        String positional() {
            return null;
        }

        @Override
        RuntimeException wrong(String message) {
            return new IllegalArgumentException(message);
        }

        @Override
        List<String> words() {
            return words;
        }
    }
}
