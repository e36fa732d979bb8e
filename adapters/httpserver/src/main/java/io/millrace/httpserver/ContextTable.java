// SPDX-License-Identifier: Apache-2.0
package io.millrace.httpserver;

import com.sun.net.httpserver.HttpContext;
import java.util.Arrays;
import java.util.Comparator;

/** The contexts of a server, longest path first. Changed under a lock, read by any thread without one. */
final class ContextTable {
    private static final PathContext[] NONE = {};

    private final boolean byPathPart;
    private volatile PathContext[] contexts = NONE;

    /** Makes an empty table that matches by whole parts of a path, or by any beginning of it. */
    ContextTable(boolean byPathPart) {
        this.byPathPart = byPathPart;
    }

    /**
     * Adds a context.
     *
     * @throws IllegalArgumentException if there is one with its path
     */
    synchronized void add(PathContext context) {
        if (at(context.getPath()) != null) {
            throw new IllegalArgumentException("there is a context for " + context.getPath());
        }
        PathContext[] more = Arrays.copyOf(contexts, contexts.length + 1);
        more[contexts.length] = context;
        Arrays.sort(more, Comparator.comparingInt(each -> -each.getPath().length()));
        contexts = more;
    }

    /**
     * Removes the context with that path.
     *
     * @throws IllegalArgumentException if there is none
     */
    synchronized void remove(String path) {
        remove(at(path));
    }

    /**
     * Removes a context.
     *
     * @throws IllegalArgumentException if it is not in the table
     */
    synchronized void remove(HttpContext context) {
        PathContext[] rest =
                Arrays.stream(contexts).filter(each -> each != context).toArray(PathContext[]::new);
        if (rest.length == contexts.length) {
            throw new IllegalArgumentException("no such context");
        }
        contexts = rest;
    }

    private PathContext at(String path) {
        for (PathContext each : contexts) {
            if (each.getPath().equals(path)) {
                return each;
            }
        }
        return null;
    }

    /** Returns the context with the longest path that a request's path, decoded, begins with, or {@code null}. */
    PathContext find(String path) {
        for (PathContext each : contexts) {
            if (matches(each.getPath(), path)) {
                return each;
            }
        }
        return null;
    }

    private boolean matches(String prefix, String path) {
        if (!path.startsWith(prefix)) {
            return false;
        }
        return !byPathPart
                || path.length() == prefix.length()
                || prefix.endsWith("/")
                || path.charAt(prefix.length()) == '/';
    }
}
