// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.models.IoModel;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * What picocli found on a command line, and checked. In a file of its own so that a worker never comes across picocli.
 */
final class ParsedArguments extends Arguments {
    private final ParseResult parsed;

    ParsedArguments(ParseResult parsed) {
        this.parsed = parsed;
    }

    @Override
    boolean has(String name) {
        return parsed.hasMatchedOption(name);
    }

    @Override
    <T> T read(String name, T otherwise) {
        return parsed.matchedOptionValue(name, otherwise);
    }

    @Override
    List<String> all(String name) {
        return parsed.matchedOptionValue(name, List.of());
    }

    @Override
    Integer number(String name) {
        return parsed.matchedOptionValue(name, null);
    }

    @Override
    IoModel model() {
        return parsed.matchedOptionValue("--model", null);
    }

    @Override
    String positional() {
        return parsed.matchedPositionalValue(0, null);
    }

    @Override
    RuntimeException wrong(String message) {
        return new ParameterException(parsed.commandSpec().commandLine(), message);
    }

    @Override
    List<String> words() {
        List<String> words = new ArrayList<>();
        // An option that was repeated is listed as often, with all its values.
        for (OptionSpec option : new LinkedHashSet<>(parsed.matchedOptions())) {
            for (String value : option.arity().max() == 0 ? List.of("") : option.originalStringValues()) {
                words.add(option.longestName() + "=" + value);
            }
        }
        if (positional() != null && !has("--directory")) {
            words.add("--directory=" + positional());
        }
        return words;
    }
}
