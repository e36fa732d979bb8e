// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.core.Printable;
import io.millrace.http.Dispatcher;
import io.millrace.http.Request;
import io.millrace.http.Response;
import io.millrace.http.Route;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Answers only requests for hosts that the server may be called, before any filter or handler sees them. A page in a
 * browser on this machine is not allowed to read what another site serves, but a site may let its own name lead to
 * 127.0.0.1 after the page has been loaded (DNS rebinding): then the request comes to this server, and the name of the
 * site is still in its Host field.
 *
 * <p>Names that cannot be made to lead here from elsewhere always pass: {@code localhost} and those below it (RFC 6761
 * section 6.3), and address literals; so does a request without a host, which no browser sends. Others are refused with
 * 421 (RFC 9110 section 15.5.20), and the first few with a line in the log.
 */
final class HostCheck implements Dispatcher {

    /** The name that allows all. */
    static final String ANY = "*";

    /** Hosts that a warning is logged for: enough to see what is missing, too few to fill a disk. */
    private static final int MOST_WARNINGS = 16;

    private final Dispatcher inner;
    private final List<String> names;
    private final Route refusal = Route.inline(this::refuse);
    private final Set<String> warned = new HashSet<>();

    /** What passed last: mostly the next is the same. Threads may overwrite one another's. */
    private String passed = "";

    /** Lets requests for these hosts pass, beside those that always do; names as {@link #name} returns them. */
    HostCheck(Dispatcher inner, List<String> names) {
        this.inner = inner;
        this.names = names;
    }

    /**
     * Returns a name in the form in which it is compared: {@code example.org}, {@code *.example.org} for those below
     * it, {@code *} for all.
     *
     * @throws IllegalArgumentException if it is none: empty, with a port, a slash or a character that no host has
     */
    static String name(String text) {
        String bare = text.startsWith("*.") ? text.substring(2) : text;
        boolean valid = !bare.isEmpty() && bare.chars().allMatch(c -> c < 128 && isNameCharacter((char) c));
        if (!valid && !text.equals(ANY)) {
            throw new IllegalArgumentException("a host is a name such as example.org or *.example.org, or * for any, "
                    + "without a port: not '" + Printable.text(text) + "'");
        }
        return withoutDot(text.toLowerCase(Locale.ROOT));
    }

    private static boolean isNameCharacter(char c) {
        return Character.isLetterOrDigit(c) || c == '-' || c == '.' || c == '_';
    }

    /** A name with its root at the end is the same. */
    private static String withoutDot(String name) {
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }

    @Override
    public Route resolve(Request request) {
        String authority = request.authority();
        if (!authority.equals(passed)) {
            if (!passes(authority)) {
                return refusal;
            }
            passed = authority;
        }
        return inner.resolve(request);
    }

    /** Whether requests for host and port may be answered. */
    boolean passes(String authority) {
        if (authority.isEmpty() || authority.charAt(0) == '[') {
            return true;
        }
        String host = host(authority);
        return isAddress(host) || host.equals("localhost") || host.endsWith(".localhost") || isAllowed(host);
    }

    private static String host(String authority) {
        int colon = authority.indexOf(':');
        return withoutDot((colon < 0 ? authority : authority.substring(0, colon)).toLowerCase(Locale.ROOT));
    }

    /** Whether the last part is a number: what ends so is an IPv4 address to browsers, or nothing, and never a name. */
    private static boolean isAddress(String host) {
        int from = host.lastIndexOf('.') + 1;
        boolean hexadecimal = host.startsWith("0x", from);
        for (int i = hexadecimal ? from + 2 : from; i < host.length(); i++) {
            if (Character.digit(host.charAt(i), hexadecimal ? 16 : 10) < 0) {
                return false;
            }
        }
        return from < host.length();
    }

    private boolean isAllowed(String host) {
        for (String name : names) {
            if (name.startsWith("*.") ? host.endsWith(name.substring(1)) : host.equals(name) || name.equals(ANY)) {
                return true;
            }
        }
        return false;
    }

    private void refuse(Request request, Response response) {
        String host = Printable.text(host(request.authority()));
        if (warns(host)) {
            System.getLogger("io.millrace.web")
                    .log(
                            System.Logger.Level.WARNING,
                            "refused a request for the host " + host + " with 421; " + allowing(host));
        }
        String text = "421 Misdirected Request\n\nThis server does not answer for the host " + host + ": a page of "
                + "another site could read it by a name that leads here.\n" + allowing(host) + ".\n";
        response.status(421).type("text/plain; charset=utf-8").header("Cache-Control", "no-store");
        response.header("X-Content-Type-Options", "nosniff");
        response.send(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String allowing(String host) {
        return "millrace serve --allow-host " + host + ", in a program WebServer.hosts(\"" + host + "\"), allows it";
    }

    private boolean warns(String host) {
        synchronized (warned) {
            return warned.size() < MOST_WARNINGS && warned.add(host);
        }
    }
}
