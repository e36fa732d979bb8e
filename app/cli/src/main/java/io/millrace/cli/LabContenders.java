// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.lab.Contender;
import io.millrace.lab.Machine;
import io.millrace.lab.Peers;
import io.millrace.lab.Scenario.Service;
import io.millrace.models.IoModel;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Who takes part in a run of the lab: this machine's models, each as a process of this very command, and other servers.
 */
final class LabContenders {
    private static final List<String> KNOWN = List.of("nginx", "netty");

    private static final int FILE_BYTES = 64 * 1024;

    /** How many processes are started for clients at the most, and the time that each of them is given for it. */
    private static final int PROCESSES = 4;

    /** What the thread model takes unless it is told otherwise (ThreadServer). */
    private static final int THREADS = 4096;

    private static final Duration ARRIVAL = Duration.ofMillis(700);

    private final Class<?> main;
    private final Path files;
    private final Consumer<String> say;
    private final List<Contender> all = new ArrayList<>();
    private final List<String> notices = new ArrayList<>();
    private final Map<String, String> versions = new LinkedHashMap<>();

    /**
     * Those that were asked for.
     *
     * @param main the class that runs this command
     * @param files a folder for what is to be served
     * @param models names of models, empty for all that there are
     * @param known names of other servers that we know how to start
     * @param custom command lines of any others
     * @param say is told what takes a while
     * @throws IllegalArgumentException for a name that means nothing
     */
    LabContenders(
            Class<?> main,
            Path files,
            List<String> models,
            List<String> known,
            List<String> custom,
            Consumer<String> say)
            throws IOException, InterruptedException {
        this.main = main;
        this.files = files;
        this.say = say;
        byte[] bytes = new byte[FILE_BYTES];
        Arrays.fill(bytes, (byte) 'm');
        Files.write(files.resolve("file"), bytes);
        for (String name : models) {
            if (IoModel.named(name).isEmpty()) {
                List<String> words =
                        Arrays.stream(IoModel.values()).map(IoModel::id).toList();
                throw new IllegalArgumentException(
                        "there is no model '" + name + "'; there are " + String.join(", ", words));
            }
        }
        for (IoModel model : IoModel.values()) {
            if (models.isEmpty() || models.contains(model.id())) {
                add(model);
            }
        }
        for (String name : known) {
            if (!KNOWN.contains(name)) {
                throw new IllegalArgumentException(
                        "--peers knows " + String.join(" and ", KNOWN) + ", not '" + name + "'; try --peer");
            }
        }
        for (String name : known) {
            addKnown(name);
        }
        custom.forEach(text -> all.add(Peers.custom(text, EnumSet.of(Service.PLAINTEXT))));
    }

    private void add(IoModel model) {
        if (model.isAvailable()) {
            String named = " --model " + model.id() + " -p PORT -q";
            Map<Service, String> services = new EnumMap<>(Service.class);
            services.put(Service.ECHO, "millrace echo" + named);
            services.put(Service.WEBSOCKET, "millrace echo --websocket" + named);
            services.put(Service.PLAINTEXT, "millrace serve" + named + " --hello FOLDER");
            services.put(Service.HTTP2, "millrace serve" + named + " --hello FOLDER");
            services.put(Service.FILE, "millrace serve" + named + " FOLDER");
            all.add(new Contender(
                    model.id(),
                    model.lesson(),
                    services,
                    (service, port) -> command(model, service, port),
                    limit(model)));
        } else {
            without(model.id(), model.whyNot());
        }
    }

    private static Contender.Limit limit(IoModel model) {
        if (model.clientsAtOnce() == 1) {
            return new Contender.Limit(
                    1, Duration.ZERO, "it serves one client after another, and a silent one keeps everybody else out");
        }
        return switch (model) {
            case PROCESS ->
                new Contender.Limit(
                        PROCESSES, ARRIVAL, "it starts a process for each client, and a process is a whole JVM");
            case THREAD ->
                new Contender.Limit(THREADS, Duration.ZERO, "it starts no more than %,d threads".formatted(THREADS));
            default -> Contender.Limit.NONE;
        };
    }

    private List<String> command(IoModel model, Service service, int port) {
        String number = String.valueOf(port);
        return switch (service) {
            case ECHO -> ourselves(main, EchoCommand.NAME, "--model", model.id(), "-p", number, "-q");
            case WEBSOCKET ->
                ourselves(main, EchoCommand.NAME, "--websocket", "--model", model.id(), "-p", number, "-q");
            case PLAINTEXT, HTTP2, FILE, HERD ->
                ourselves(
                        main,
                        ServeCommand.NAME,
                        "--model",
                        model.id(),
                        "-p",
                        number,
                        "-q",
                        "--hello",
                        files.toString());
        };
    }

    private void addKnown(String name) throws InterruptedException {
        switch (name) {
            case "nginx" -> {
                if (Machine.has("nginx")) {
                    all.add(Peers.nginx(files));
                    versions.put("nginx", firstLine("nginx", "-v"));
                } else {
                    without("nginx", "it is not on the path (Debian: apt install nginx-light)");
                }
            }
            default -> addNetty();
        }
    }

    private void addNetty() throws InterruptedException {
        try {
            Path jars = Netty.jars(say);
            all.add(new Contender(
                    "netty",
                    "Netty, native epoll by JNI, one loop",
                    Map.of(Service.PLAINTEXT, "io.millrace.bench.NettyServer PORT"),
                    (service, port) -> Stream.of(
                                    java().filter(flag -> !flag.startsWith("-XX:AOTCache")),
                                    Netty.FLAGS.stream(),
                                    Stream.of(
                                            "-cp", jars + "/*", "io.millrace.bench.NettyServer", String.valueOf(port)))
                            .flatMap(each -> each)
                            .toList(),
                    Contender.Limit.NONE));
        } catch (IOException e) {
            without("netty", StartFailure.message(e));
        }
    }

    private void without(String name, String why) {
        notices.add("without " + name + ": " + why);
    }

    private static Stream<String> java() {
        Stream<String> flags = ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag ->
                        flag.startsWith("-XX:") || flag.startsWith("-Xlog") || flag.startsWith("--enable-native"));
        String binary = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return Stream.concat(Stream.of(binary), flags);
    }

    /** The command line that runs this command again, with other arguments. */
    static List<String> ourselves(Class<?> main, String... arguments) {
        Stream<String> what = Stream.of("-cp", System.getProperty("java.class.path"), main.getName());
        return Stream.of(java(), what, Arrays.stream(arguments))
                .flatMap(each -> each)
                .toList();
    }

    List<Contender> all() {
        return all;
    }

    /** Who is missing and why, a line each. */
    List<String> notices() {
        return notices;
    }

    /** Versions of other servers, by name. */
    Map<String, String> versions() {
        return versions;
    }

    /** The version and, in a checkout, the revision that this command was built from, as far as git(1) knows. */
    static String revision() {
        Path home = Netty.home();
        String version = "millrace " + Version.NUMBER;
        return home == null || !Machine.has("git")
                ? version
                : version + ", revision " + firstLine("git", "-C", home.toString(), "describe", "--always", "--dirty");
    }

    private static String firstLine(String... command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }
}
