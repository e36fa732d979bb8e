// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import io.millrace.load.Coordinator;
import io.millrace.load.LoadPlan;
import io.millrace.load.LoadProgress;
import io.millrace.load.LoadResult;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The load: one process for the whole run, so that it is warm, on a processor of its own. */
final class LoadProcess implements AutoCloseable {
    private static final Pattern PORT = Pattern.compile("(\\d+)\\D*$");

    private final Process process;
    private final InetSocketAddress address;
    private volatile Coordinator running;

    private LoadProcess(Process process, InetSocketAddress address) {
        this.process = process;
        this.address = address;
    }

    static LoadProcess start(Settings settings) throws IOException {
        List<String> command = settings.placed(settings.loadProcessor());
        command.addAll(settings.loadAgent());
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = out.readLine();
        Matcher port = line == null ? null : PORT.matcher(line);
        if (port == null || !port.find()) {
            process.destroy();
            throw new IOException("the load generator did not start: " + line);
        }
        return new LoadProcess(
                process, new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(port.group(1))));
    }

    LoadResult run(LoadPlan plan, Consumer<LoadProgress> progress) throws IOException, InterruptedException {
        Coordinator coordinator = new Coordinator(List.of(address), "");
        running = coordinator;
        try {
            return coordinator.run(plan, progress);
        } finally {
            running = null;
        }
    }

    /** Breaks a run off, which then throws. Any thread may call. */
    void interrupt() {
        Coordinator coordinator = running;
        if (coordinator != null) {
            coordinator.stop();
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(2, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
