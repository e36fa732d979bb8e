// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** The entries of the fields by which proxies say for whom they ask. What is malformed is an entry without address. */
final class ForwardedFor {
    private ForwardedFor() {}

    /** Returns the entries of {@code X-Forwarded-For}, the client's first. */
    static List<String> plain(String value) {
        return split(value, ',');
    }

    /**
     * Returns the {@code for} parameters of {@code Forwarded} (RFC 7239 section 4); empty where an element has none.
     */
    static List<String> standard(String value) {
        List<String> entries = new ArrayList<>();
        for (String element : split(value, ',')) {
            String node = "";
            for (String pair : split(element, ';')) {
                if (pair.regionMatches(true, 0, "for=", 0, 4)) {
                    node = unquoted(pair.substring(4));
                }
            }
            entries.add(node);
        }
        return entries;
    }

    /** Splits at a separator that stands in no quoted string; blanks around the parts are taken off. */
    private static List<String> split(String text, char separator) {
        List<String> parts = new ArrayList<>();
        boolean quoted = false;
        int from = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quoted && c == '\\') {
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == separator && !quoted) {
                parts.add(text.substring(from, i).strip());
                from = i + 1;
            }
        }
        parts.add(text.substring(from).strip());
        return parts;
    }

    private static String unquoted(String value) {
        boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
        return quoted ? value.substring(1, value.length() - 1).replace("\\", "") : value;
    }

    /**
     * Returns the address that an entry names, with port 0 where it names none: {@code 192.0.2.1},
     * {@code 192.0.2.1:4711}, {@code 2001:db8::1}, {@code [2001:db8::1]}, {@code [2001:db8::1]:4711}. {@code null} if
     * it names none.
     */
    static InetSocketAddress address(String entry) {
        int bracket = entry.startsWith("[") ? entry.indexOf(']') : -1;
        int colon = bracket >= 0 ? bracket + 1 : entry.indexOf(':');
        boolean bare = colon < 0 || colon >= entry.length() || (bracket < 0 && entry.indexOf(':', colon + 1) >= 0);
        String host = bracket >= 0 ? entry.substring(1, bracket) : bare ? entry : entry.substring(0, colon);
        InetAddress address = AddressRange.literal(host);
        boolean odd = bracket >= 0 && !bare && entry.charAt(colon) != ':';
        if (address == null || odd || (bracket >= 0 && host.indexOf(':') < 0)) {
            return null;
        }
        return new InetSocketAddress(address, bare ? 0 : port(entry.substring(colon + 1)));
    }

    /** A port that is hidden behind a name of the proxy's invention is not known. */
    private static int port(String text) {
        boolean number = !text.isEmpty() && text.length() <= 5 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        int port = number ? Integer.parseInt(text) : 0;
        return port <= 0xffff ? port : 0;
    }
}
