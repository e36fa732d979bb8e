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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Who takes part in a run of the lab: this machine's models, each as a process of this very command, and other servers. */
final class LabContenders {
    private static final int FILE_BYTES = 64 * 1024;

    private final Path files;
    private final List<Contender> all = new ArrayList<>();
    private final List<String> notices = new ArrayList<>();
    private final Map<String, String> versions = new LinkedHashMap<>();

    /**
     * Those that were asked for.
     *
     * @param files a folder for what is to be served
     * @param models names of models, empty for all that there are
     * @param known names of other servers that we know how to start
     * @param custom command lines of any others
     * @throws IllegalArgumentException for a name that means nothing
     */
    LabContenders(Path files, List<String> models, List<String> known, List<String> custom) throws IOException {
        this.files = files;
        byte[] bytes = new byte[FILE_BYTES];
        Arrays.fill(bytes, (byte) 'm');
        Files.write(files.resolve("file"), bytes);
        for (String name : models) {
            IoModel.named(name).orElseThrow(() -> new IllegalArgumentException("there is no model '" + name + "'; there are "
                    + String.join(", ", Arrays.stream(IoModel.values()).map(IoModel::word).toList())));
        }
        for (IoModel model : IoModel.values()) {
            if (models.isEmpty() || models.contains(model.word())) {
                add(model);
            }
        }
        known.forEach(this::addKnown);
        custom.forEach(text -> all.add(Peers.custom(text, EnumSet.of(Service.PLAINTEXT))));
    }

    private void add(IoModel model) {
        if (model.isAvailable()) {
            all.add(new Contender(model.word(), model.lesson(), EnumSet.allOf(Service.class),
                    (service, port) -> command(model, service, port), model.clientsAtOnce()));
        } else {
            notices.add("millrace: without " + model.word() + ": " + model.whyNot());
        }
    }

    private List<String> command(IoModel model, Service service, int port) {
        String number = String.valueOf(port);
        return service == Service.ECHO
                ? ourselves(EchoCommand.NAME, "--model", model.word(), "-p", number, "-q")
                : ourselves(ServeCommand.NAME, "--model", model.word(), "-p", number, "-q", "--hello", files.toString());
    }

    private void addKnown(String name) {
        switch (name) {
            case "nginx" -> {
                if (Machine.has("nginx")) {
                    all.add(Peers.nginx(files));
                    versions.put("nginx", firstLine("nginx", "-v"));
                } else {
                    notices.add("millrace: without nginx: it is not on the path (Debian: apt install nginx-light)");
                }
            }
            case "netty" -> addNetty();
            default -> throw new IllegalArgumentException("--peers knows nginx and netty, not '" + name + "'; try --peer");
        }
    }

    /** The one of the side-by-side figures, where that module has been built. */
    private void addNetty() {
        Path home = home();
        Path jars = home == null ? null : home.resolve("bench/target/app");
        if (jars == null || !Files.isDirectory(jars)) {
            notices.add("millrace: without netty: it is built in a checkout by mvn -pl bench -am package");
            return;
        }
        all.add(new Contender(
                "netty", "Netty, native epoll by JNI, one loop", EnumSet.of(Service.PLAINTEXT),
                (service, port) -> Stream.concat(
                        java("--sun-misc-unsafe-memory-access=allow", "-cp", jars + "/*"),
                        Stream.of("io.millrace.bench.NettyServer", String.valueOf(port))).toList(),
                Integer.MAX_VALUE));
    }

    /** The checkout that this class was built in, or {@code null}. */
    private static Path home() {
        String first = System.getProperty("java.class.path").split(":")[0];
        for (Path path = Path.of(first).toAbsolutePath(); path != null; path = path.getParent()) {
            if (Files.isRegularFile(path.resolve("millrace")) && Files.isDirectory(path.resolve("bench"))) {
                return path;
            }
        }
        return null;
    }

    private static Stream<String> java(String... more) {
        Stream<String> flags = ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> flag.startsWith("-XX:") || flag.startsWith("-Xlog") || flag.startsWith("--enable-native"))
                .filter(flag -> more.length == 0 || !flag.startsWith("-XX:AOTCache"));
        String binary = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return Stream.of(Stream.of(binary), flags, Arrays.stream(more)).flatMap(each -> each);
    }

    /** The command line that runs this command again, with other arguments. */
    static List<String> ourselves(String... arguments) {
        Stream<String> what = Stream.of("-cp", System.getProperty("java.class.path"), Main.class.getName());
        return Stream.of(java(), what, Arrays.stream(arguments)).flatMap(each -> each).toList();
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

    private static String firstLine(String... command) {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().findFirst().orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }

    /** Deletes what was served, and what servers have left there. */
    static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
