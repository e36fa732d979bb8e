// SPDX-License-Identifier: Apache-2.0
package io.millrace.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A second reader of requests, written from the grammar of RFC 9112 alone and with regular expressions: slow, short,
 * and without a line in common with the one that is tested. Takes text in which each character is a byte.
 */
final class NaiveHttp {
    /** A request as it was read. */
    record Message(String method, String target, List<String> fields, String body) {}

    private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
    private static final String OWS = "[ \t]*";
    private static final Pattern EMPTY_LINES = Pattern.compile("(?:\r\n)?");
    private static final Pattern LINE =
            Pattern.compile("(" + TOKEN + ") ([\\x21-\\x22\\x24-\\x7e\\x80-\\xff]+) HTTP/([0-9])\\.([0-9])\r\n");
    private static final Pattern FIELD =
            Pattern.compile("(" + TOKEN + "):" + OWS + "([\t\\x20-\\x7e\\x80-\\xff]*?)" + OWS + "\r\n");
    private static final String QUOTED =
            "\"(?:[\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\t\\x20-\\x7e\\x80-\\xff])*\"";
    private static final String EXTENSIONS = "(?:;" + OWS + TOKEN + "(?:" + OWS + "=" + OWS + "(?:" + TOKEN + "|"
            + QUOTED + "))?(?:" + OWS + "(?=;))?)*";
    private static final Pattern CHUNK = Pattern.compile("([0-9a-fA-F]{1,16})(" + EXTENSIONS + ")\r\n");

    private final String text;
    private int at;
    private boolean over;
    private boolean refused;

    NaiveHttp(String text) {
        this.text = text;
    }

    /** Every request that is whole and in order, up to the first that is not or that is the connection's last. */
    List<Message> read() {
        List<Message> all = new ArrayList<>();
        while (!over && at < text.length()) {
            Message next = message();
            if (next == null) {
                return all;
            }
            all.add(next);
        }
        return all;
    }

    /** Whether reading ended with a request that no server may take, and not for want of input. */
    boolean refused() {
        return refused;
    }

    private Message message() {
        match(EMPTY_LINES);
        Matcher line = match(LINE);
        if (line == null || !line.group(3).equals("1")) {
            return null;
        }
        List<String> fields = fields();
        if (fields == null || !isInOrder(line.group(2), line.group(4).equals("0"), fields)) {
            return null;
        }
        String body = body(fields);
        over = isLast(line.group(4).equals("0"), fields);
        return body == null ? null : new Message(line.group(1), line.group(2), fields, body);
    }

    private Matcher match(Pattern pattern) {
        Matcher matcher = pattern.matcher(text).region(at, text.length());
        if (!matcher.lookingAt()) {
            return null;
        }
        at = matcher.end();
        return matcher;
    }

    private List<String> fields() {
        List<String> fields = new ArrayList<>();
        for (Matcher field = match(FIELD); field != null; field = match(FIELD)) {
            fields.add(field.group(1).toLowerCase(Locale.ROOT) + ":" + field.group(2));
        }
        if (!text.startsWith("\r\n", at)) {
            return null;
        }
        at += 2;
        return fields;
    }

    private static List<String> values(List<String> fields, String name) {
        return fields.stream()
                .filter(field -> field.startsWith(name + ":"))
                .map(field -> field.substring(name.length() + 1))
                .toList();
    }

    private boolean isInOrder(String target, boolean old, List<String> fields) {
        List<String> lengths = values(fields, "content-length");
        List<String> codings = values(fields, "transfer-encoding");
        int hosts = values(fields, "host").size();
        boolean right = hosts == 1 || (old && hosts == 0);
        right &= lengths.size() <= 1 && lengths.stream().allMatch(length -> length.matches("[0-9]{1,18}"));
        right &= codings.isEmpty()
                || (lengths.isEmpty()
                        && !old
                        && codings.size() == 1
                        && codings.getFirst().equalsIgnoreCase("chunked"));
        refused = !right;
        return right;
    }

    private static boolean isLast(boolean old, List<String> fields) {
        List<String> options = values(fields, "connection").stream()
                .flatMap(value -> Pattern.compile(",").splitAsStream(value))
                .map(option -> option.strip().toLowerCase(Locale.ROOT))
                .toList();
        return options.stream().anyMatch(option -> option.matches("close(?!" + TOKEN + ").*"))
                || (old && !options.contains("keep-alive"));
    }

    private String body(List<String> fields) {
        if (!values(fields, "transfer-encoding").isEmpty()) {
            return chunks();
        }
        List<String> lengths = values(fields, "content-length");
        long length = lengths.isEmpty() ? 0 : Long.parseLong(lengths.getFirst());
        if (length > text.length() - at) {
            return null;
        }
        at += (int) length;
        return text.substring(at - (int) length, at);
    }

    private String chunks() {
        StringBuilder body = new StringBuilder();
        for (Matcher chunk = match(CHUNK); chunk != null; chunk = match(CHUNK)) {
            long size = Long.parseUnsignedLong(chunk.group(1), 16);
            if (size == 0) {
                return areTrailers(fields()) ? body.toString() : null;
            }
            if (size < 0 || size > text.length() - at - 2 || !text.startsWith("\r\n", at + (int) size)) {
                return null;
            }
            body.append(text, at, at + (int) size);
            at += (int) size + 2;
        }
        return null;
    }

    private static boolean areTrailers(List<String> fields) {
        return fields != null
                && values(fields, "content-length").isEmpty()
                && values(fields, "transfer-encoding").isEmpty()
                && values(fields, "host").isEmpty();
    }
}
