// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import io.millrace.load.LoadPlan;
import io.millrace.load.LoadResult;
import io.millrace.load.LoadTarget;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * One run: all contenders of a scenario stand at once, one at a time is under load, and each round begins with another, so that slow changes of
 * a shared machine meet all alike.
 */
final class LabRun {
    private static final int WARM_STEPS = 12;

    /** Fewer connections than this are lost in what a JVM's memory does by itself. */
    private static final int ENOUGH_TO_WEIGH = 1000;

    private final Settings settings;
    private final List<Contender> contenders;
    private final Consumer<String> progress;
    private final LabResults results = new LabResults();
    private volatile boolean stopped;
    private volatile LoadProcess load;

    LabRun(Settings settings, List<Contender> contenders, Consumer<String> progress) {
        this.settings = settings;
        this.contenders = contenders;
        this.progress = progress;
    }

    /** Breaks the run off; {@link #run} returns what there is. Any thread may call. */
    void stop() {
        stopped = true;
        LoadProcess running = load;
        if (running != null) {
            running.interrupt();
        }
    }

    /** What has been measured so far; filled by {@link #run}. */
    LabResults results() {
        return results;
    }

    void run(List<Scenario> scenarios) throws IOException, InterruptedException {
        results.header.putAll(Machine.header());
        results.header.put("how", settings.describe());
        contenders.forEach(contender -> results.contenders.put(contender.name(), contender.story()));
        try (LoadProcess process = LoadProcess.start(settings)) {
            load = process;
            for (Scenario scenario : scenarios) {
                if (!stopped) {
                    results.parts.add(new LabResults.Part(scenario));
                    run(results.parts.getLast());
                }
            }
        }
        results.interrupted = stopped;
    }

    private void run(LabResults.Part part) throws InterruptedException {
        Map<String, Subject> subjects = new LinkedHashMap<>();
        try {
            startAll(part, subjects);
            for (int value : part.scenario.sweep().values()) {
                rounds(part, value, new ArrayList<>(subjects.values()));
            }
            countSystemCalls(part, subjects.values());
        } finally {
            subjects.values().forEach(Subject::close);
        }
    }

    // ---- getting ready

    private void startAll(LabResults.Part part, Map<String, Subject> subjects) throws InterruptedException {
        int first = part.scenario.sweep().values().getFirst();
        for (Contender contender : contenders) {
            if (stopped || !contender.serves(part.scenario.service()) || !part.scenario.takes(contender.name())) {
                continue;
            }
            Samples samples = part.at(first, contender.name());
            progress.accept(part.scenario.name() + ": starting " + contender.name());
            try {
                Subject subject = Subject.start(contender, part.scenario.service(), settings.serverProcessor());
                subjects.put(contender.name(), subject);
                warm(part.scenario, subject);
                subject.pause();
            } catch (IOException e) {
                samples.note(e.getMessage());
                close(subjects.remove(contender.name()));
            }
        }
    }

    private static void close(Subject subject) {
        if (subject != null) {
            subject.close();
        }
    }

    private void warm(Scenario scenario, Subject subject) throws IOException, InterruptedException {
        Scenario.Asking asking = scenario.load();
        LoadPlan plan = plan(scenario, asking, subject, Duration.ofMillis(300), 0);
        for (int i = 0; i < WARM_STEPS && !stopped; i++) {
            if (subject.tree().used().cpuNanos() >= settings.warmCpu().toNanos()) {
                return;
            }
            load.run(plan, ignored -> {});
        }
    }

    // ---- rounds

    private void rounds(LabResults.Part part, int value, List<Subject> subjects) throws InterruptedException {
        for (int round = 0; round < settings.rounds(); round++) {
            for (int i = 0; i < subjects.size() && !stopped; i++) {
                Subject subject = subjects.get((i + round) % subjects.size());
                round(part, value, round, subject);
            }
        }
    }

    private void round(LabResults.Part part, int value, int round, Subject subject) throws InterruptedException {
        Samples samples = part.at(value, subject.contender().name());
        Scenario.Asking asking = part.scenario.at(value);
        if (asking.idle() + asking.slowReaders() > 0 && subject.contender().atOnce() < asking.idle() + asking.connections()) {
            samples.note("serves " + subject.contender().atOnce() + " at a time: the silent ones would keep everybody else out");
            return;
        }
        if (!subject.isAlive()) {
            samples.note("has ended on its own account");
            return;
        }
        LoadPlan plan = plan(part.scenario, asking, subject, length(asking), asking.rate());
        if (part.command.isEmpty()) {
            part.command = describe(plan);
        }
        try {
            subject.resume();
            measure(samples, plan, subject);
            subject.pause();
            say(part, value, round, subject, samples);
        } catch (IOException e) {
            samples.note(e.getMessage());
        }
    }

    private Duration length(Scenario.Asking asking) {
        return asking.measure().isZero() ? settings.measure() : asking.measure();
    }

    private void say(LabResults.Part part, int value, int round, Subject subject, Samples samples) {
        Metric metric = part.scenario.measured();
        String at = part.scenario.sweep().isNone() ? "" : " at " + value + " " + part.scenario.sweep().field().title();
        progress.accept(part.scenario.name() + at + ": round " + (round + 1) + " of " + settings.rounds() + ", "
                + subject.contender().name() + ": " + (samples.has(metric) ? metric.format(samples.values(metric).getLast()) : "-")
                + " " + metric.title());
    }

    private LoadPlan plan(Scenario scenario, Scenario.Asking asking, Subject subject, Duration length, double rate) {
        boolean http = scenario.service() != Scenario.Service.ECHO;
        LoadTarget target = new LoadTarget(
                http ? LoadTarget.Kind.HTTP : LoadTarget.Kind.TCP,
                subject.address().getAddress().getHostAddress(),
                subject.address().getPort(),
                !http ? "" : scenario.service() == Scenario.Service.FILE ? "/file" : "/");
        int connections = Math.min(asking.connections(), subject.contender().atOnce());
        return new LoadPlan(
                target,
                new LoadPlan.Clients(connections, 1, asking.pipeline(), asking.keepAlive(), Duration.ZERO),
                new LoadPlan.Pace(rate, Duration.ZERO, length, Duration.ofSeconds(5)),
                new LoadPlan.Message("GET", List.of(), http ? new byte[0] : message(asking.messageBytes())),
                new LoadPlan.Beside(asking.idle(), asking.slowReaders(), 0));
    }

    private static byte[] message(int length) {
        byte[] message = new byte[length];
        for (int i = 0; i < length; i++) {
            message[i] = (byte) ('a' + i % 26);
        }
        return message;
    }

    private void measure(Samples samples, LoadPlan plan, Subject subject) throws IOException, InterruptedException {
        ProcessTree tree = subject.tree();
        boolean weigh = plan.clients().connections() + plan.beside().idle() >= ENOUGH_TO_WEIGH;
        long[] memory = {weigh ? tree.memory() : 0, 0};
        ProcessTree.Used[] before = {null};
        LoadResult result = load.run(plan, now -> {
            memory[1] = weigh ? tree.memory() : 0;
            // The first report says that the run begins: what it cost to let the silent ones in does not count.
            before[0] = before[0] == null ? tree.used() : before[0];
        });
        ProcessTree.Used used = tree.used().minus(before[0]);
        if (result.requests() > 0) {
            perRequest(samples, result, used);
            latencies(samples, result);
        }
        samples.add(Metric.FAILURES, result.failed() + result.unsent());
        if (plan.beside().idle() > 0) {
            samples.add(Metric.HELD, result.besideHeld());
        }
        if (weigh && memory[1] > 0) {
            samples.add(Metric.MEMORY,
                    (double) (memory[1] - memory[0]) / (plan.clients().connections() + plan.beside().idle()));
        }
        noteLimit(samples, subject);
    }

    private static void noteLimit(Samples samples, Subject subject) {
        int most = subject.contender().atOnce();
        if (most < Integer.MAX_VALUE && samples.note().isEmpty()) {
            samples.note("asked by no more than " + most + " at a time: it serves no more");
        }
    }

    private static void perRequest(Samples samples, LoadResult result, ProcessTree.Used used) {
        double requests = result.requests();
        samples.add(Metric.PER_SECOND, result.throughput());
        samples.add(Metric.WAKEUPS, used.sleeps() / requests);
        samples.add(Metric.PREEMPTIONS, used.preemptions() / requests);
        if (used.cpuNanos() > 0) {
            samples.add(Metric.PER_CPU_SECOND, requests * 1e9 / used.cpuNanos());
            samples.add(Metric.CPU_MICROS, used.cpuNanos() / 1e3 / requests);
            samples.add(Metric.USER_MICROS, used.userNanos() / 1e3 / requests);
            samples.add(Metric.SYSTEM_MICROS, used.systemNanos() / 1e3 / requests);
        }
        if (!result.plan().clients().keepAlive() && used.cpuNanos() > 0) {
            samples.add(Metric.CONNECTS_PER_CPU_SECOND, result.connects() * 1e9 / used.cpuNanos());
        }
    }

    private static void latencies(Samples samples, LoadResult result) {
        samples.add(Metric.P50, result.latency().getValueAtPercentile(50) / 1e3);
        samples.add(Metric.P90, result.latency().getValueAtPercentile(90) / 1e3);
        samples.add(Metric.P99, result.latency().getValueAtPercentile(99) / 1e3);
        samples.add(Metric.P999, result.latency().getValueAtPercentile(99.9) / 1e3);
        samples.add(Metric.MAX, result.latency().getMaxValue() / 1e3);
    }

    /** The command that asks the same way by hand. */
    private static String describe(LoadPlan plan) {
        StringBuilder command = new StringBuilder("millrace load -c ").append(plan.clients().connections());
        command.append(" -d ").append(plan.pace().duration().toMillis() / 1000.0);
        command.append(plan.clients().pipeline() > 1 ? " --pipeline " + plan.clients().pipeline() : "");
        command.append(plan.clients().keepAlive() ? "" : " --new-connections");
        command.append(plan.pace().rate() > 0 ? " --rate " + Metric.figures(plan.pace().rate()).replace(",", "") : "");
        command.append(plan.beside().idle() > 0 ? " --idle " + plan.beside().idle() : "");
        command.append(plan.beside().slowReaders() > 0 ? " --slow-readers " + plan.beside().slowReaders() : "");
        command.append(plan.target().kind() == LoadTarget.Kind.TCP ? " --size " + plan.message().body().length : "");
        return command.append(' ').append(plan.target().toString().replaceFirst(":\\d+", ":PORT")).toString();
    }

    // ---- system calls

    private void countSystemCalls(LabResults.Part part, Iterable<Subject> subjects) throws InterruptedException {
        if (!settings.systemCalls()) {
            return;
        }
        int value = part.firstPoint();
        for (Subject subject : subjects) {
            Samples samples = part.at(value, subject.contender().name());
            if (!stopped && subject.isAlive() && samples.has(Metric.PER_SECOND)) {
                progress.accept(part.scenario.name() + ": counting the system calls of " + subject.contender().name());
                countSystemCalls(part.scenario, value, subject, samples);
            }
        }
    }

    private void countSystemCalls(Scenario scenario, int value, Subject subject, Samples samples) throws InterruptedException {
        LoadPlan plan = plan(scenario, scenario.at(value), subject, Duration.ofMillis(700), scenario.load().rate());
        try {
            subject.resume();
            countSystemCalls(plan, subject, samples);
            subject.pause();
        } catch (IOException e) {
            // Not there, or not allowed: the figure is missing, and everything else is not.
            progress.accept("system calls of " + subject.contender().name() + ": " + e.getMessage());
        }
    }

    private void countSystemCalls(LoadPlan plan, Subject subject, Samples samples) throws IOException, InterruptedException {
        try (SystemCalls calls = SystemCalls.of(subject.pid())) {
            LoadResult result = load.run(plan, ignored -> {});
            long count = calls.count();
            if (result.requests() > 0) {
                samples.add(Metric.SYSTEM_CALLS, (double) count / result.requests());
            }
        }
    }
}
