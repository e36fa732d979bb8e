// SPDX-License-Identifier: Apache-2.0
package io.millrace.fuzz;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

/** What is fuzzed, and the inputs that are kept for each: a line of Base64 in a file that is named as the target. */
final class Corpus {
    /** Every class that reads an input. */
    static final List<String> TARGETS = List.of(
            "io.millrace.fuzz.RequestFuzz",
            "io.millrace.fuzz.ResponseFuzz",
            "io.millrace.fileserver.RangesFuzz",
            "io.millrace.http.PathFuzz",
            "io.millrace.http.DateFuzz",
            "io.millrace.link.ProxyHeaderFuzz",
            "io.millrace.http2.HpackFuzz",
            "io.millrace.http2.Http2Fuzz",
            "io.millrace.websocket.FramesFuzz",
            "io.millrace.forms.MultipartFuzz",
            "io.millrace.tls.ClientHelloFuzz",
            "io.millrace.web.AddressRangeFuzz");

    private final Path file;
    private final String target;

    private Corpus(Path file, String target) {
        this.file = file;
        this.target = target;
    }

    /** The corpus of a target. */
    static Corpus of(String target) {
        String name = target.substring(target.lastIndexOf('.') + 1);
        return new Corpus(Path.of("src/test/resources/corpus", name + ".txt"), target);
    }

    /** Returns the inputs that are kept. */
    List<byte[]> inputs() throws IOException {
        List<byte[]> inputs = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            inputs.add(Base64.getDecoder().decode(line));
        }
        return inputs;
    }

    /** Writes each input into a file of its own, as the fuzzer wants them. */
    void unpack(Path folder) throws IOException {
        int number = 0;
        for (byte[] input : inputs()) {
            Files.write(folder.resolve("seed-" + number++), input);
        }
    }

    /** Keeps up to {@code most} of the files in a folder, the shortest ones, instead of what has been kept. */
    void pack(Path folder, int most) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            List<String> lines = new ArrayList<>();
            for (Path input : files.sorted(Corpus::byLength).limit(most).toList()) {
                lines.add(Base64.getEncoder().encodeToString(Files.readAllBytes(input)));
            }
            Files.write(file, lines);
        }
    }

    private static int byLength(Path a, Path b) {
        return a.toFile().length() == b.toFile().length()
                ? a.compareTo(b)
                : Long.compare(a.toFile().length(), b.toFile().length());
    }

    /** Returns what reads one input. */
    MethodHandle reader() throws ReflectiveOperationException {
        MethodType type = MethodType.methodType(void.class, byte[].class);
        return MethodHandles.publicLookup().findStatic(Class.forName(target), "fuzzerTestOneInput", type);
    }
}
