// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static java.util.stream.Collectors.toSet;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Finds the circles among the files of one package: sets of files each of which refers to each other one, directly or
 * through others of the set. A file refers to another when its code names the other's type, unless an import says that
 * the name means a type of another package.
 */
final class ClassCircles {
    /** Comments and literals: what they say is not code. */
    private static final Pattern NOT_CODE = Pattern.compile(
            "/\\*.*?\\*/|//[^\\n]*|\"\"\".*?(?<!\\\\)\"\"\"|\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.|[^'\\\\\\n])+'",
            Pattern.DOTALL);

    private static final Pattern IMPORT = Pattern.compile("^import (?:static )?[\\w.]*?(\\w+);", Pattern.MULTILINE);
    private static final Pattern TYPE_NAME = Pattern.compile("\\b[A-Z]\\w*");

    private final Map<String, Set<String>> references;

    /** The places in Tarjan's search: when a file was first seen, and the earliest one that it leads back to. */
    private final Map<String, Integer> index = new HashMap<>();

    private final Map<String, Integer> earliest = new HashMap<>();
    private final Deque<String> open = new ArrayDeque<>();
    private Set<String> largest = Set.of();

    private ClassCircles(Map<String, Set<String>> references) {
        this.references = references;
    }

    /** Returns the types of the largest circle, one type where there is no circle, given the sources by type name. */
    static Set<String> largest(Map<String, String> sources) {
        Map<String, Set<String>> references = new HashMap<>();
        sources.forEach((type, source) -> references.put(type, references(type, code(source), sources.keySet())));
        ClassCircles search = new ClassCircles(references);
        for (String type : new TreeSet<>(sources.keySet())) {
            if (!search.index.containsKey(type)) {
                search.visit(type);
            }
        }
        return search.largest;
    }

    /** Returns a source without its comments and literals. */
    static String code(String source) {
        return NOT_CODE.matcher(source).replaceAll(" ");
    }

    private static Set<String> references(String type, String code, Set<String> types) {
        Set<String> imported = names(IMPORT, code, 1);
        Set<String> named = names(TYPE_NAME, IMPORT.matcher(code).replaceAll(""), 0);
        named.removeAll(imported);
        named.retainAll(types);
        named.remove(type);
        return named;
    }

    private static Set<String> names(Pattern pattern, String code, int group) {
        return pattern.matcher(code)
                .results()
                .map((MatchResult match) -> match.group(group))
                .collect(toSet());
    }

    /** Tarjan's search for strongly connected components, from one file on. */
    private void visit(String type) {
        int place = index.size();
        index.put(type, place);
        earliest.put(type, place);
        open.push(type);
        for (String other : references.get(type)) {
            if (!index.containsKey(other)) {
                visit(other);
            }
            if (open.contains(other)) {
                earliest.merge(type, earliest.get(other), Math::min);
            }
        }
        if (earliest.get(type) == place) {
            close(type);
        }
    }

    private void close(String first) {
        Set<String> circle = new HashSet<>();
        String type;
        do {
            type = open.pop();
            circle.add(type);
        } while (!type.equals(first));
        if (circle.size() > largest.size()) {
            largest = new TreeSet<>(circle);
        }
    }
}
