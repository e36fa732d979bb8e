// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static io.millrace.cli.Options.names;
import static io.millrace.cli.Options.value;

import io.millrace.models.IoModel;
import java.util.Arrays;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;

/** {@code millrace models}, and the option by which a model is chosen. */
final class Models {
    static final String NAME = "models";
    private static final String AUTO = "auto";

    private Models() {}

    static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name(NAME);
        spec.usageMessage()
                .description(
                        "Lists the ways in which a server can wait for its clients: whether this machine has each, and what there "
                                + "is to learn from it. docs/models.md is the guided tour.")
                .footer("", "Example:", "", "  millrace serve --model epoll-oneshot");
        Options.addHelp(spec);
        return spec;
    }

    static int run(Terminal terminal) {
        for (IoModel model : IoModel.values()) {
            String whyNot = model.whyNot();
            String mark = model == IoModel.auto() ? "auto" : whyNot == null ? "yes" : "no";
            terminal.out().printf("%-14s %-5s %s%n", model, mark, model.lesson());
            if (whyNot != null) {
                terminal.out().printf("%-20s not here: %s%n", "", whyNot);
            }
        }
        terminal.out().flush();
        return ExitCode.OK;
    }

    /** {@code --trace}. */
    static OptionSpec.Builder trace() {
        return Options.flag(
                "--trace", "Print, call by call, what the kernel reported and what the server did, on standard error.");
    }

    /** {@code --model NAME}. */
    static OptionSpec.Builder option() {
        return value(
                        "NAME",
                        IoModel.class,
                        names("--model"),
                        "What to wait for clients with: " + words()
                                + ". Default: auto, the best of this machine. 'millrace models' " + "tells of each.")
                .converters(Models::choose);
    }

    /** {@code null} for auto. */
    private static IoModel choose(String text) {
        Optional<IoModel> model = IoModel.named(text);
        if (model.isEmpty() && !text.equals(AUTO)) {
            throw new TypeConversionException("'" + text + "' is not one of " + words());
        }
        return model.orElse(null);
    }

    private static String words() {
        return AUTO + ", "
                + String.join(
                        ", ", Arrays.stream(IoModel.values()).map(IoModel::id).toList());
    }

    /** The model that was asked for, or none for auto. */
    static Optional<IoModel> chosen(ParseResult parsed) {
        return Optional.ofNullable(parsed.matchedOptionValue("--model", null));
    }

    /** The line of a banner: what the server waits with, and why that, unless it was chosen. */
    static String engine(String engine, Optional<IoModel> chosen) {
        return chosen.isPresent() ? engine : engine + " (auto: " + IoModel.whyAuto() + ")";
    }
}
