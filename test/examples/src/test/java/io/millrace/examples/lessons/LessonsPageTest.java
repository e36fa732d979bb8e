// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples.lessons;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/lessons.md quotes the programs: what it shows as Java is in one of them. */
class LessonsPageTest {
    private static final String SOURCES = "test/examples/src/main/java/io/millrace/examples/lessons";
    private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

    @Test
    void everyLineOfJavaIsInAProgram() throws IOException {
        Path root = root();
        Set<String> lines = lines(root.resolve(SOURCES));
        List<String> quoted = JAVA.matcher(Files.readString(root.resolve("docs/lessons.md")))
                .results()
                .flatMap(block -> block.group(1).lines())
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.equals("…"))
                .toList();
        assertTrue(quoted.size() > 40, "found " + quoted.size() + " lines of Java");
        assertEquals(
                Set.of(),
                quoted.stream().filter(line -> !lines.contains(line)).collect(Collectors.toCollection(TreeSet::new)));
    }

    private static Set<String> lines(Path folder) throws IOException {
        Set<String> lines = new TreeSet<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.readString(file).lines().map(String::strip).forEach(lines::add);
            }
        }
        return lines;
    }

    /** The checkout: Maven runs tests in the module's folder, an IDE perhaps in the root. */
    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("docs/lessons.md"))) {
            folder = folder.getParent();
            assertTrue(folder != null, "not started inside the checkout");
        }
        return folder;
    }
}
