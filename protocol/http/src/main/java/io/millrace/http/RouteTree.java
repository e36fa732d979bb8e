// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The patterns of a router as a tree of path parts, matched against the bytes of a path. Each node has literal
 * children, one child for any part, and the routes that end here or take all the rest.
 */
final class RouteTree {
    private final Node root = new Node();

    /** The routes of one pattern, one for each method. */
    private static final class Endpoint {
        private final List<String> methods = new ArrayList<>();
        private final List<Route> routes = new ArrayList<>();

        void add(String method, Route route) {
            if (methods.contains(method)) {
                throw new IllegalArgumentException(method + " " + route.pattern() + " has a route already: "
                        + Objects.requireNonNull(route(method)).pattern());
            }
            methods.add(method);
            routes.add(route);
        }

        @Nullable
        Route find(String method) {
            @Nullable Route route = route(method);
            if (route == null && method.equals("HEAD")) {
                route = route("GET");
            }
            return route != null ? route : route("*");
        }

        private @Nullable Route route(String method) {
            for (int i = 0; i < methods.size(); i++) {
                if (methods.get(i).equals(method)) {
                    return routes.get(i);
                }
            }
            return null;
        }
    }

    /** What may follow a part of a path. */
    private static final class Node {
        private byte[][] literals = {};
        private Node[] children = {};
        private @Nullable Node parameter;
        private @Nullable Endpoint end;
        private @Nullable Endpoint rest;

        Node literal(byte[] part) {
            for (int i = 0; i < literals.length; i++) {
                if (Arrays.equals(literals[i], part)) {
                    return children[i];
                }
            }
            literals = Arrays.copyOf(literals, literals.length + 1);
            children = Arrays.copyOf(children, literals.length);
            literals[literals.length - 1] = part;
            children[literals.length - 1] = new Node();
            return children[literals.length - 1];
        }
    }

    // ---- setting up

    /** Adds a route; see {@link Router} for the patterns. */
    void add(String method, String pattern, Dispatch dispatch, Handler handler) {
        if (!pattern.startsWith("/")) {
            throw new IllegalArgumentException("a pattern begins with a slash: \"" + pattern + "\"");
        }
        List<String> names = new ArrayList<>();
        Node node = root;
        String[] parts = pattern.substring(1).split("/", -1);
        for (int i = 0; i < parts.length; i++) {
            String part = parts[i];
            boolean last = i == parts.length - 1;
            if (isRest(part)) {
                if (!last) {
                    throw new IllegalArgumentException(part + " must be the last part of " + pattern);
                }
                name(part, names, pattern);
                node.rest = node.rest != null ? node.rest : new Endpoint();
                node.rest.add(method, route(dispatch, handler, pattern, names));
                return;
            }
            node = child(node, part, last, names, pattern);
        }
        node.end = node.end != null ? node.end : new Endpoint();
        node.end.add(method, route(dispatch, handler, pattern, names));
    }

    private static Route route(Dispatch dispatch, Handler handler, String pattern, List<String> names) {
        return new Route(dispatch, handler, pattern, names.toArray(String[]::new));
    }

    private static boolean isRest(String part) {
        return part.equals("*") || (part.startsWith("{") && part.endsWith("...}"));
    }

    private static Node child(Node node, String part, boolean last, List<String> names, String pattern) {
        if (part.startsWith("{") && part.endsWith("}")) {
            name(part, names, pattern);
            node.parameter = node.parameter != null ? node.parameter : new Node();
            return node.parameter;
        }
        if (part.startsWith(":") && part.length() > 1) {
            throw new IllegalArgumentException(
                    "a parameter is written {" + part.substring(1) + "}, not " + part + ", in " + pattern);
        }
        boolean unreachable = (part.isEmpty() && !last) || part.equals(".") || part.equals("..");
        if (unreachable || part.chars().anyMatch(c -> "{}*?#%".indexOf(c) >= 0)) {
            throw new IllegalArgumentException("no path has the part \"" + part + "\" of " + pattern
                    + ": write literal text decoded, a parameter as {name}, the rest as {name...} or *");
        }
        return node.literal(part.getBytes(StandardCharsets.UTF_8));
    }

    private static void name(String part, List<String> names, String pattern) {
        String name = part.equals("*") ? "*" : part.substring(1, part.length() - (isRest(part) ? 4 : 1));
        boolean valid = name.equals("*") || (!name.isEmpty() && name.chars().allMatch(Character::isJavaIdentifierPart));
        if (!valid) {
            throw new IllegalArgumentException(
                    "\"" + part + "\" of " + pattern + " needs a name of letters and digits");
        }
        if (names.contains(name)) {
            throw new IllegalArgumentException(pattern + " has the parameter " + name + " twice");
        }
        names.add(name);
    }

    /** Replaces every route by what {@code change} makes of it. */
    void replaceAll(UnaryOperator<Route> change) {
        replaceAll(root, change);
    }

    private static void replaceAll(@Nullable Node node, UnaryOperator<Route> change) {
        if (node == null) {
            return;
        }
        if (node.end != null) {
            node.end.routes.replaceAll(change);
        }
        if (node.rest != null) {
            node.rest.routes.replaceAll(change);
        }
        replaceAll(node.parameter, change);
        for (Node child : node.children) {
            replaceAll(child, change);
        }
    }

    // ---- finding

    /**
     * The most exact route for the request's path and that method, its parameters noted; {@code null} if there is none.
     */
    @Nullable
    Route find(Request request, String method) {
        byte[] path = request.pathArray();
        int start = request.pathStart();
        int end = request.pathEnd();
        if (end == start || path[start] != '/') {
            return null;
        }
        Request.PathParams params = request.params();
        @Nullable Route route = find(root, path, start, start + 1, end, method, params, 0);
        if (route != null) {
            params.matched(route.names(), route.pattern());
        }
        return route;
    }

    // The part that begins at `at` is to be matched by a child of `node`; `count` parameters have been noted on the
    // way.
    private static @Nullable Route find(
            Node node, byte[] path, int start, int at, int end, String method, Request.PathParams params, int count) {
        int to = at;
        while (to < end && path[to] != '/') {
            to++;
        }
        for (int i = 0; i < node.literals.length; i++) {
            byte[] literal = node.literals[i];
            if (Arrays.equals(literal, 0, literal.length, path, at, to)) {
                @Nullable Route route = behind(node.children[i], path, start, to, end, method, params, count);
                if (route != null) {
                    return route;
                }
            }
        }
        if (node.parameter != null && to > at) {
            params.span(count, at - start, to - start);
            @Nullable Route route = behind(node.parameter, path, start, to, end, method, params, count + 1);
            if (route != null) {
                return route;
            }
        }
        if (node.rest != null) {
            params.span(count, at - start, end - start);
            return node.rest.find(method);
        }
        return null;
    }

    private static @Nullable Route behind(
            Node node, byte[] path, int start, int to, int end, String method, Request.PathParams params, int count) {
        if (to == end) {
            return node.end == null ? null : node.end.find(method);
        }
        return find(node, path, start, to + 1, end, method, params, count);
    }
}
