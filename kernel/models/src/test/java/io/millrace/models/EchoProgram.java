// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.testkit.HouseClassPath;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.workers.WorkerProcess;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A program as a user writes it: opens a model, listens, waits. Started again by its own model for each worker. */
public final class EchoProgram {
    /** As a second word: whatever waits fails. */
    static final String FAILING = "failing";

    private EchoProgram() {}

    /** A trace that fails as soon as a wait has ended. */
    private static final class Trap extends PrintStream {
        Trap() {
            super(OutputStream.nullOutputStream());
        }

        @Override
        public PrintStream printf(Locale locale, String format, Object... values) {
            if (String.format(locale, format, values).contains(", waited ")) {
                throw new OutOfMemoryError("on purpose, for a test");
            }
            return this;
        }
    }

    /**
     * Echoes on a free port of the loopback address, by the model that is named; traced to standard error with a second
     * word.
     */
    public static void main(String[] arguments) throws Exception {
        IoModel model = IoModel.named(arguments[0]).orElseThrow();
        String second = arguments.length > 1 ? arguments[1] : "";
        PrintStream trace = second.isEmpty() ? null : System.err;
        if (second.equals(FAILING)) {
            trace = new Trap();
            // What it says of that is expected.
            System.setErr(new PrintStream(OutputStream.nullOutputStream()));
        }
        Server server = model.open(ModelOptions.DEFAULT.withCarriers(2).withTrace(trace));
        InetSocketAddress address = new InetSocketAddress("127.0.0.1", 0);
        Listener listening = server.listen(ListenOptions.on(address), () -> Echo.FACTORY);
        if (!WorkerProcess.isWorker()) {
            // A worker has the standard output of its parent: that of a test is the channel of whoever runs the tests.
            System.out.println(listening.address().getPort());
        }
        server.await();
    }

    /** The command that starts this program: the same JVM on the same classes. */
    static List<String> command(IoModel model) {
        List<String> command = command(EchoProgram.class);
        command.add(model.id());
        return command;
    }

    /** The command that starts another one of our programs. */
    static List<String> command(Class<?> main) {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-ea",
                "-cp",
                HouseClassPath.text(),
                main.getName()));
        return command;
    }
}
