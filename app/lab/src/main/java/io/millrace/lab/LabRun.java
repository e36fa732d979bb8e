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
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * One run: all contenders of a scenario stand at once, one at a time is under load, and each round begins with another,
 * so that slow changes of a shared machine meet all alike.
 */
final class LabRun {
    private static final Duration WARM_STEP = Duration.ofMillis(300);

    /**
     * Warming up goes on while the cost of a request falls by more than this from step to step, and no longer than so
     * many times the least.
     */
    private static final double FALLING = 0.95;

    private static final int MOST_WARM = 4;

    private static final int A_FEW = 3;

    /** How long system calls are counted. */
    private static final Duration COUNTED = Duration.ofMillis(400);

    /** Fewer connections than this are lost in what a JVM's memory does by itself. */
    private static final int ENOUGH_TO_WEIGH = 1000;

    private final Settings settings;
    private final List<Contender> contenders;
    private final Experiment herd;
    private final Consumer<String> progress;
    private final LabResults results = new LabResults();
    private volatile boolean stopped;
    private volatile LoadProcess load;

    LabRun(Settings settings, List<Contender> contenders, Experiment herd, Consumer<String> progress) {
        this.settings = settings;
        this.contenders = contenders;
        this.herd = herd;
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
        try (Waker _ = Waker.start();
                LoadProcess process = LoadProcess.start(settings)) {
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
        if (part.scenario.service() == Scenario.Service.HERD) {
            experiment(part);
        } else {
            ask(part);
        }
    }

    private void ask(LabResults.Part part) throws InterruptedException {
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

    // ---- an experiment that asks itself

    private void experiment(LabResults.Part part) throws InterruptedException {
        int connections = part.scenario.load().connections();
        part.stories.putAll(herd.ways());
        part.command = herd.command(part.scenario.sweep().values().getLast(), connections);
        List<String> ways = new ArrayList<>(herd.ways().keySet());
        for (int value : part.scenario.sweep().values()) {
            for (int round = 0; round < settings.rounds(); round++) {
                for (int i = 0; i < ways.size() && !stopped; i++) {
                    String way = ways.get((i + round) % ways.size());
                    Samples samples = part.at(value, way);
                    try {
                        herd.round(way, value, connections).forEach(samples::add);
                    } catch (IOException e) {
                        samples.note(e.getMessage());
                    }
                    say(part, value, round, way, samples);
                }
            }
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
            part.servers.put(contender.name(), contender.services().get(part.scenario.service()));
            progress.accept(part.scenario.name() + ": starting " + contender.name());
            try {
                Subject subject = Subject.start(contender, part.scenario.service(), settings);
                subjects.put(contender.name(), subject);
                warm(part.scenario, subject);
                subject.weigh();
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

    /** A JVM compiles while it serves: until a request has become as cheap as it gets, within bounds. */
    private void warm(Scenario scenario, Subject subject) throws IOException, InterruptedException {
        if (!subject.contender().limit().arrival().isZero()) {
            // Each client meets a new process, which was never asked before.
            return;
        }
        LoadPlan plan = plan(scenario, scenario.load(), subject, WARM_STEP, 0);
        long least = settings.warmCpu().toNanos();
        long end = System.nanoTime() + MOST_WARM * least;
        double cheapest = Double.MAX_VALUE;
        boolean falling = true;
        while (!stopped
                && System.nanoTime() < end
                && (falling || subject.tree().used().cpuNanos() < least)) {
            long before = subject.tree().used().cpuNanos();
            LoadResult result = load.run(plan, ignored -> {});
            double cost = (double) (subject.tree().used().cpuNanos() - before) / Math.max(1, result.requests());
            falling = cost < cheapest * FALLING;
            cheapest = Math.min(cheapest, cost);
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
        Contender.Limit limit = subject.contender().limit();
        if (asking.idle() + asking.slowReaders() > 0 && limit.atOnce() < asking.idle() + asking.connections()) {
            samples.note("left out with that many silent or slow clients: " + limit.why());
            return;
        }
        if (!subject.isAlive()) {
            samples.note("has ended on its own account");
            return;
        }
        LoadPlan plan = plan(part.scenario, asking, subject, length(asking, limit), asking.rate());
        if (part.command.isEmpty()) {
            part.command = describe(plan, asking);
        }
        if (plan.clients().connections() < asking.connections()) {
            samples.note("asked by no more than " + plan.clients().connections() + " at a time: " + limit.why());
        }
        try {
            subject.resume();
            measure(samples, plan, subject);
            subject.pause();
            say(part, value, round, subject.contender().name(), samples);
        } catch (IOException e) {
            samples.note(e.getMessage());
        }
    }

    /** Where letting a client in takes long and each request is from a new one, a few of them have to fit in. */
    private Duration length(Scenario.Asking asking, Contender.Limit limit) {
        Duration length = asking.measure().isZero() ? settings.measure() : asking.measure();
        Duration least = asking.keepAlive() ? Duration.ZERO : limit.arrival().multipliedBy(A_FEW);
        return length.compareTo(least) < 0 ? least : length;
    }

    private void say(LabResults.Part part, int value, int round, String who, Samples samples) {
        Metric metric = part.scenario.measured();
        String at = part.scenario.sweep().isNone()
                ? ""
                : " at " + value + " " + part.scenario.sweep().field().title();
        progress.accept(part.scenario.name() + at + ": round " + (round + 1) + " of " + settings.rounds() + ", "
                + who + ": "
                + (samples.has(metric) ? metric.format(samples.values(metric).getLast()) : "-")
                + " " + metric.title());
    }

    private LoadPlan plan(Scenario scenario, Scenario.Asking asking, Subject subject, Duration length, double rate) {
        LoadTarget.Kind kind = switch (scenario.service()) {
            case ECHO -> LoadTarget.Kind.TCP;
            case WEBSOCKET -> LoadTarget.Kind.WS;
            case HTTP2 -> LoadTarget.Kind.HTTP2;
            case PLAINTEXT, FILE, HERD -> LoadTarget.Kind.HTTP;
        };
        LoadTarget target = new LoadTarget(
                kind,
                subject.address().getAddress().getHostAddress(),
                subject.address().getPort(),
                kind == LoadTarget.Kind.TCP ? "" : scenario.service() == Scenario.Service.FILE ? "/file" : "/");
        Contender.Limit limit = subject.contender().limit();
        boolean one = !asking.keepAlive() && !limit.arrival().isZero();
        int connections = one ? 1 : Math.min(asking.connections(), limit.atOnce());
        return new LoadPlan(
                target,
                new LoadPlan.Clients(connections, 1, asking.pipeline(), asking.keepAlive(), Duration.ZERO),
                new LoadPlan.Pace(rate, limit.arrival().multipliedBy(connections), length, Duration.ofSeconds(5)),
                new LoadPlan.Message("GET", List.of(), kind.isEcho() ? message(asking.messageBytes()) : new byte[0]),
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
        int connections = plan.clients().connections() + plan.beside().idle();
        boolean weigh = connections >= ENOUGH_TO_WEIGH;
        long[] memory = {0};
        ProcessTree.Used[] before = {null};
        LoadResult result = load.run(plan, now -> {
            memory[0] = weigh ? tree.memory() : 0;
            // The first report says that what counts begins: what it cost to let the silent ones in does not.
            before[0] = before[0] == null ? tree.used() : before[0];
        });
        Figures.add(samples, result, tree.used().minus(before[0]));
        note(samples, result);
        if (weigh
                && result.requests() > 0
                && result.besideHeld() == plan.beside().idle()) {
            samples.add(Metric.MEMORY, (double) (memory[0] - subject.memoryAlone()) / connections);
        }
    }

    private static void note(Samples samples, LoadResult result) {
        if (result.statuses(4) + result.statuses(5) > 0) {
            samples.note("answered with errors (4xx, 5xx)");
        } else if (result.requests() == 0) {
            samples.note("not one answer in a round");
        } else if (result.besideHeld() < result.plan().beside().idle()) {
            samples.note(String.format(
                    Locale.ROOT,
                    "of %,d silent connections no more than %,d stood at the end of a round",
                    result.plan().beside().idle(),
                    result.besideHeld()));
        }
    }

    /** The command that asks the same way by hand. */
    private static String describe(LoadPlan plan, Scenario.Asking asking) {
        StringBuilder command = new StringBuilder("millrace load -c ").append(asking.connections());
        command.append(" -d ").append(plan.pace().duration().toMillis() / 1000.0);
        command.append(
                plan.clients().pipeline() > 1 ? " --pipeline " + plan.clients().pipeline() : "");
        command.append(plan.clients().keepAlive() ? "" : " --new-connections");
        command.append(
                plan.pace().rate() > 0
                        ? " --rate " + Metric.figures(plan.pace().rate()).replace(",", "")
                        : "");
        command.append(plan.beside().idle() > 0 ? " --idle " + plan.beside().idle() : "");
        command.append(
                plan.beside().slowReaders() > 0
                        ? " --slow-readers " + plan.beside().slowReaders()
                        : "");
        command.append(
                plan.target().kind().isEcho() ? " --size " + plan.message().body().length : "");
        return command.append(' ')
                .append(plan.target().toString().replaceFirst(":\\d+", ":PORT"))
                .toString();
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
                progress.accept(part.scenario.name() + ": counting the system calls of "
                        + subject.contender().name());
                countSystemCalls(part.scenario, value, subject, samples);
            }
        }
    }

    private void countSystemCalls(Scenario scenario, int value, Subject subject, Samples samples)
            throws InterruptedException {
        LoadPlan plan = plan(
                scenario, scenario.at(value), subject, COUNTED, scenario.load().rate());
        try {
            subject.resume();
            countSystemCalls(plan, subject, samples);
            subject.pause();
        } catch (IOException e) {
            // Not there, or not allowed: the figure is missing, and everything else is not.
            progress.accept("system calls of " + subject.contender().name() + ": " + e.getMessage());
        }
    }

    private void countSystemCalls(LoadPlan plan, Subject subject, Samples samples)
            throws IOException, InterruptedException {
        try (SystemCalls calls = SystemCalls.of(subject.pid(), settings.folder())) {
            LoadResult result = load.run(plan, ignored -> {});
            long count = calls.count();
            if (result.requests() > 0) {
                samples.add(Metric.SYSTEM_CALLS, (double) count / result.requests());
            }
        }
    }
}
