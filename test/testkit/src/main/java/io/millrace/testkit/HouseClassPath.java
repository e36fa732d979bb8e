// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Where the classes of the house lie, for a test that starts a program of its own. */
public final class HouseClassPath {
    private HouseClassPath() {}

    /** Returns the folders and archives of this JVM's class path that hold classes of the house, tests included. */
    public static List<Path> places() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(place -> !place.isEmpty())
                .map(Path::of)
                .filter(HouseClassPath::isOurs)
                .distinct()
                .toList();
    }

    /** Returns those places as a class path. */
    public static String text() {
        return places().stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }

    private static boolean isOurs(Path place) {
        return Files.isDirectory(place.resolve("io/millrace"))
                || place.getFileName().toString().startsWith("millrace-");
    }
}
