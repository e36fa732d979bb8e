// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Keeps comments and papers in their voice, and public methods honest about what they throw; run by {@link HouseTest}.
 */
abstract class ProseRules {
    private static final Path ROOT = HouseTest.findRoot();

    /** Persons where a caller, a client, a process or a thread is meant. Constants may be called so. */
    private static final Pattern PERSON =
            Pattern.compile("\\b(?:[Ww]hoever|[Nn]obody|[Ss]omebody|[Ee]verybody|[Aa]nybody)\\b");

    private static final Pattern COMMENT = Pattern.compile("(?s)/\\*.*?\\*/|//[^\\n]*");
    private static final Pattern TYPE = Pattern.compile("\\b(?:class|interface|record|enum)\\s+[A-Z]");
    private static final Pattern MEMBER = Pattern.compile("    (?:public|protected) [^=;}]*");
    private static final Pattern THROWN = Pattern.compile("throw new (\\w+)\\(");

    /** What a caller can avoid, or has to expect: said with the method. */
    private static final Set<String> SAID = Set.of(
            "IllegalArgumentException", "IllegalStateException", "UnsupportedOperationException", "SysException");

    @Test
    void commentsNameWhatTheyMean() {
        List<String> found = new ArrayList<>();
        for (Path source : sources()) {
            for (MatchResult comment : COMMENT.matcher(read(source)).results().toList()) {
                PERSON.matcher(comment.group()).results().forEach(word -> found.add(at(source, word.group())));
            }
        }
        assertEquals(List.of(), found);
    }

    @Test
    void papersNameWhatTheyMean() {
        List<String> found = new ArrayList<>();
        Stream<Path> papers = Stream.of("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md")
                .map(ROOT::resolve);
        for (Path paper : Stream.concat(papers, files(ROOT.resolve("docs"), 1)).toList()) {
            if (paper.toString().endsWith(".md")) {
                PERSON.matcher(read(paper)).results().forEach(word -> found.add(at(paper, word.group())));
            }
        }
        assertEquals(List.of(), found);
    }

    /** Looks at what a method throws itself; what those throw that it calls is for the reader of its comment. */
    @Test
    void publicMethodsSayWhatTheyThrow() {
        List<String> missing = new ArrayList<>();
        for (Path source : sources()) {
            String text = read(source);
            // What tests alone use is its own comment.
            if (text.contains("\npublic ") && !source.startsWith(ROOT.resolve("test"))) {
                unsaid(text).forEach(member -> missing.add(at(source, member)));
            }
        }
        assertEquals(List.of(), missing);
    }

    @Test
    void whatIsNotSaidIsFound() {
        String body = "    public int f(int a) {\n        throw new IllegalStateException(\"no\");\n    }\n";
        assertEquals(1, unsaid(body).size());
        assertEquals(1, unsaid("    /** Does it. */\n" + body).size());
        assertEquals(0, unsaid("    @Override\n" + body).size());
        assertEquals(
                0,
                unsaid("    /**\n     * @throws IllegalStateException always\n     */\n" + body)
                        .size());
        assertTrue(PERSON.matcher("for whoever asks").find());
    }

    private static List<String> unsaid(String source) {
        List<String> found = new ArrayList<>();
        List<String> lines = source.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (MEMBER.matcher(line).matches() && !TYPE.matcher(line).find()) {
                int end = end(lines, i);
                String said = above(lines, i);
                String body = String.join("\n", lines.subList(i, end));
                THROWN.matcher(body)
                        .results()
                        .map(match -> match.group(1))
                        .distinct()
                        .filter(SAID::contains)
                        .filter(thrown -> !said.contains("@Override") && !said.contains("@throws " + thrown))
                        .forEach(thrown -> found.add(line.strip() + " throws " + thrown));
                i = end;
            }
        }
        return found;
    }

    /** Returns where a member ends: after its closing brace. */
    private static int end(List<String> lines, int from) {
        int end = from;
        while (end < lines.size()
                && !lines.get(end).equals("    }")
                && !lines.get(end).equals("    };")) {
            end++;
        }
        return end;
    }

    /** Returns the comment and the annotations above a member. */
    private static String above(List<String> lines, int member) {
        int from = member;
        while (from > 0 && lines.get(from - 1).matches("    (?:@|/\\*\\*| \\*).*")) {
            from--;
        }
        return String.join("\n", lines.subList(from, member));
    }

    private static String at(Path file, String what) {
        return ROOT.relativize(file) + ": " + what;
    }

    private static List<Path> sources() {
        return Stream.of("core", "kernel", "protocol", "app", "adapters", "test")
                .flatMap(wing -> files(ROOT.resolve(wing), 20))
                .filter(file -> file.toString().contains("/src/main/java/"))
                .filter(file -> file.toString().endsWith(".java"))
                .toList();
    }

    private static Stream<Path> files(Path folder, int depth) {
        try (Stream<Path> all = Files.walk(folder, depth)) {
            return all.filter(Files::isRegularFile).toList().stream();
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
