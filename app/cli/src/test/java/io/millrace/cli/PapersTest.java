// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Keeps the papers true: what they name in code type is in the sources. */
final class PapersTest {
    private static final Path ROOT = HouseTest.findRoot();

    /** Folders of papers that tell of the past, or of figures measured then. */
    private static final Set<String> OF_THE_PAST = Set.of("adr", "bench");

    private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");
    private static final Pattern CLASS = Pattern.compile("(?<![\\w.$-])([A-Z][a-z]+\\w*)");
    private static final Pattern MEMBER = Pattern.compile("(?<![\\w.$-])([A-Z]\\w*)(?:\\.|::)(\\w+)");

    private final Map<String, Path> classes = classes();

    @Test
    void theArchitectureNamesClassesThatExist() {
        Set<String> missing = new TreeSet<>();
        matches(CODE, read(ROOT.resolve("ARCHITECTURE.md")))
                .flatMap(code -> matches(CLASS, code.group(1)))
                .map(MatchResult::group)
                .filter(name -> !classes.containsKey(name))
                .forEach(missing::add);
        assertEquals(Set.of(), missing);
    }

    @Test
    void thePapersNameMembersThatExist() {
        Set<String> missing = new TreeSet<>();
        for (Path paper : papers()) {
            matches(CODE, read(paper))
                    .flatMap(code -> matches(MEMBER, code.group(1)))
                    .filter(member -> !exists(member.group(1), member.group(2)))
                    .map(member -> ROOT.relativize(paper) + ": " + member.group())
                    .forEach(missing::add);
        }
        assertEquals(Set.of(), missing);
    }

    /** The drawings in fences have no code type: names of the form {@code Type.member} in them exist. */
    @Test
    void theDrawingsOfTheArchitectureNameMembersThatExist() {
        String architecture = read(ROOT.resolve("ARCHITECTURE.md"));
        List<String> names = matches(Pattern.compile("(?s)```\n(.*?)```"), architecture)
                .flatMap(drawing -> matches(MEMBER, drawing.group(1)))
                .map(MatchResult::group)
                .toList();
        assertTrue(names.size() > 10, names.toString());
        assertEquals(
                List.of(),
                names.stream()
                        .filter(name -> !classes.containsKey(name.split("\\.")[0])
                                || !exists(name.split("\\.")[0], name.split("\\.")[1]))
                        .toList());
    }

    @Test
    void thePlacardsNameClassesThatExist() {
        Pattern named = Pattern.compile("\\{@(?:code|link) (?:io\\.millrace\\.\\w+\\.)?([A-Z][a-z]\\w*)");
        Set<String> missing = new TreeSet<>();
        walk("package-info.java")
                .filter(file -> file.toString().contains("/src/main/"))
                .forEach(file -> matches(named, read(file))
                        .filter(name -> !classes.containsKey(name.group(1)))
                        .forEach(name -> missing.add(ROOT.relativize(file) + ": " + name.group(1))));
        assertEquals(Set.of(), missing);
    }

    @Test
    void everyPaperIsLookedAt() {
        assertTrue(papers().size() > 10, papers().toString());
        assertTrue(classes.size() > 200, "classes: " + classes.size());
    }

    // Classes of others are not looked into.
    private boolean exists(String type, String member) {
        Path file = classes.get(type);
        return file == null
                || Pattern.compile("\\b" + member + "\\b").matcher(read(file)).find();
    }

    private static Stream<MatchResult> matches(Pattern pattern, String text) {
        return pattern.matcher(text).results();
    }

    private static List<Path> papers() {
        return walk(".md")
                .filter(file ->
                        !OF_THE_PAST.contains(file.getParent().getFileName().toString()))
                .filter(file -> !file.endsWith("CHANGELOG.md"))
                .toList();
    }

    private static Map<String, Path> classes() {
        Map<String, Path> found = new HashMap<>();
        walk(".java").forEach(file -> found.put(file.getFileName().toString().replace(".java", ""), file));
        return found;
    }

    private static Stream<Path> walk(String ending) {
        try (Stream<Path> all = Files.walk(ROOT)) {
            return all
                    .filter(file -> file.toString().endsWith(ending))
                    .filter(file -> !file.toString().contains("/target/")
                            && !file.toString().contains("/."))
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
