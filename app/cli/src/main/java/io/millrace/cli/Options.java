// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.TypeConversionException;

/** The words with which a command's table of options is written. */
final class Options {
    private Options() {}

    /** An option that is there or not. */
    static OptionSpec.Builder flag(String name, String... description) {
        return OptionSpec.builder(name).arity("0").type(boolean.class).description(description);
    }

    /** An option with a value of that type. */
    static OptionSpec.Builder value(String label, Class<?> type, String[] names, String... description) {
        return OptionSpec.builder(names).arity("1").paramLabel(label).type(type).description(description);
    }

    /** An option with a number that is not below {@code least}. */
    static OptionSpec.Builder number(String label, int least, String[] names, String... description) {
        return value(label, Integer.class, names, description).converters(number(least, Integer.MAX_VALUE));
    }

    /** An option whose value is one of an enum's names, in lower case and with dashes. */
    static <E extends Enum<E>> OptionSpec.Builder choice(Class<E> type, String[] names, String... description) {
        ITypeConverter<E> converter = text -> {
            try {
                return Choice.of(type, text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        };
        return value(Choice.labels(type, "|"), type, names, description).converters(converter);
    }

    static ITypeConverter<Integer> number(int least, int most) {
        return text -> {
            try {
                int number = Integer.parseInt(text);
                if (number >= least && number <= most) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // Said below, in the same words as for a number out of range.
            }
            String range = most == Integer.MAX_VALUE ? least + " or more" : "from " + least + " to " + most;
            throw new TypeConversionException("'" + text + "' is not a number " + range);
        };
    }

    /** {@code names("-p", "--port")} reads better than a bare array where several strings follow one another. */
    static String[] names(String... names) {
        return names;
    }

    /** Options under a heading of their own in the help. */
    static void addSection(CommandSpec spec, String heading, OptionSpec.Builder... options) {
        ArgGroupSpec.Builder section =
                ArgGroupSpec.builder().heading("%n" + heading + "%n").validate(false);
        for (OptionSpec.Builder option : options) {
            section.addArg(option.build());
        }
        spec.addArgGroup(section.build());
    }

    /** The options for help and version, in the spellings of jwebserver as well. */
    static void addHelp(CommandSpec spec) {
        spec.usageMessage()
                .width(100)
                .abbreviateSynopsis(true)
                .sortOptions(false)
                .optionListHeading("%nOptions:%n");
        spec.addOption(flag("--help", "Show this help and exit.")
                .names("-h", "-?", "--help")
                .usageHelp(true)
                .build());
        spec.addOption(flag("--version", "Show the version and exit.")
                .names("-version", "--version")
                .versionHelp(true)
                .build());
    }
}
