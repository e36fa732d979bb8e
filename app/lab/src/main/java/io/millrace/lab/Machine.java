// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a run was made on: a figure without its machine says nothing. */
public final class Machine {
    private Machine() {}

    /** Name and value, in the order in which they are to be read. */
    static Map<String, String> header() {
        Map<String, String> header = new LinkedHashMap<>();
        header.put(
                "kernel",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"));
        header.put(
                "processor",
                first("/proc/cpuinfo", "model name", "unknown") + ", "
                        + Runtime.getRuntime().availableProcessors() + " processors");
        header.put("memory", memory());
        header.put("load average before", line("/proc/loadavg", "unknown"));
        header.put("Java", System.getProperty("java.vm.name") + " " + Runtime.version());
        return header;
    }

    /** The processors that this process may use (Cpus_allowed_list of proc_pid_status(5)). */
    static List<Integer> processors() {
        List<Integer> all = new ArrayList<>();
        for (String range : first("/proc/self/status", "Cpus_allowed_list", "0").split(",")) {
            String[] ends = range.strip().split("-");
            for (int i = Integer.parseInt(ends[0]); i <= Integer.parseInt(ends[ends.length - 1]); i++) {
                all.add(i);
            }
        }
        return all;
    }

    private static String memory() {
        String text = first("/proc/meminfo", "MemTotal", "0 kB");
        long kilobytes = Long.parseLong(text.replace("kB", "").strip());
        return Math.round(kilobytes / 1048576.0) + " GiB";
    }

    private static String first(String file, String name, String otherwise) {
        for (String line : lines(file)) {
            int colon = line.indexOf(':');
            if (line.startsWith(name) && colon > 0) {
                return line.substring(colon + 1).strip();
            }
        }
        return otherwise;
    }

    private static String line(String file, String otherwise) {
        List<String> lines = lines(file);
        return lines.isEmpty() ? otherwise : lines.getFirst();
    }

    private static List<String> lines(String file) {
        try {
            return Files.readAllLines(Path.of(file));
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Whether a program can be found on the path. */
    public static boolean has(String program) {
        for (String folder : System.getenv().getOrDefault("PATH", "").split(":")) {
            if (Files.isExecutable(Path.of(folder.isEmpty() ? "." : folder, program))) {
                return true;
            }
        }
        return false;
    }
}
