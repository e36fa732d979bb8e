// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.sys.Platform;

/**
 * Binds the system calls on a thread of its own while the command line is still being parsed. The JVM makes code for
 * each shape of call when it is bound, which cannot be kept in the start-up cache; that and picocli are the two long
 * parts of a start, and neither needs the other.
 */
final class ClassPreload {
    private static final String[] CALLS = {"Sockets", "Epoll", "Descriptors", "Files"};

    private ClassPreload() {}

    static void begin() {
        Thread.ofPlatform().name("millrace-head-start").daemon().start(ClassPreload::bind);
    }

    private static void bind() {
        try {
            if (Platform.whyNot() == null) {
                for (String name : CALLS) {
                    Class.forName("io.millrace.sys." + name);
                }
            }
        } catch (ClassNotFoundException | LinkageError e) {
            // The first use of the calls says so then, in the words of the place where it matters.
        }
    }
}
