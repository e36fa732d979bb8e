// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * An answer as a client reads it. Written apart from the code under test and as strict: an answer that cannot be read
 * is an AssertionError.
 *
 * @param status the status code
 * @param fields the field lines, as sent
 * @param body the content, unchunked
 * @param trailers the trailer lines, as sent
 */
record Answer(int status, List<String> fields, String body, List<String> trailers) {

    /** The value of the one field of that name, {@code null} if there is none. */
    String field(String name) {
        List<String> values = fields(name);
        if (values.size() > 1) {
            throw new AssertionError(name + " more than once: " + fields);
        }
        return values.isEmpty() ? null : values.getFirst();
    }

    List<String> fields(String name) {
        String start = name.toLowerCase(Locale.ROOT) + ":";
        return fields.stream()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(start))
                .map(line -> line.substring(start.length()).strip())
                .toList();
    }

    boolean closes() {
        return "close".equals(field("Connection"));
    }

    /**
     * All answers that follow one another in {@code text}; {@code methods} are the requests', GET where they are left
     * away.
     */
    static List<Answer> all(String text, String... methods) {
        return first(Integer.MAX_VALUE, text, methods);
    }

    /** The first {@code count} final answers in {@code text}, interim ones included; what follows is not looked at. */
    static List<Answer> first(int count, String text, String... methods) {
        List<Answer> answers = new ArrayList<>();
        Reading reading = new Reading(text);
        int finals = 0;
        while (reading.at < text.length() && finals < count) {
            String method = finals < methods.length ? methods[finals] : "GET";
            Answer answer = reading.answer(method);
            finals += answer.status >= 200 ? 1 : 0;
            answers.add(answer);
            if (answer.status == 101) {
                break;
            }
        }
        return answers;
    }

    /** The only answer in {@code text}. */
    static Answer only(String text, String... methods) {
        List<Answer> answers = all(text, methods);
        if (answers.size() != 1) {
            throw new AssertionError(answers.size() + " answers in: " + text);
        }
        return answers.getFirst();
    }

    private static final class Reading {
        private final String text;
        private int at;

        Reading(String text) {
            this.text = text;
        }

        Answer answer(String method) {
            String line = line();
            if (!line.matches("HTTP/1\\.1 [1-5][0-9][0-9] .*")) {
                throw new AssertionError("not a status line: " + line + " at " + at + " of " + text);
            }
            int status = Integer.parseInt(line.substring(9, 12));
            Answer head = new Answer(status, lines(), "", List.of());
            boolean empty = method.equals("HEAD") || status < 200 || status == 204 || status == 304;
            return empty ? head : body(head);
        }

        private Answer body(Answer head) {
            String length = head.field("Content-Length");
            String coding = head.field("Transfer-Encoding");
            if (coding != null) {
                if (!coding.equals("chunked") || length != null) {
                    throw new AssertionError("framing: " + head.fields);
                }
                String body = chunks();
                return new Answer(head.status, head.fields, body, lines());
            }
            if (length == null) {
                if (!head.closes()) {
                    throw new AssertionError("no end of the body: " + head.fields);
                }
                return new Answer(head.status, head.fields, take(text.length() - at), List.of());
            }
            return new Answer(head.status, head.fields, take(Integer.parseInt(length)), List.of());
        }

        private String chunks() {
            StringBuilder body = new StringBuilder();
            while (true) {
                int size = Integer.parseInt(line(), 16);
                if (size == 0) {
                    return body.toString();
                }
                body.append(take(size));
                if (!line().isEmpty()) {
                    throw new AssertionError("no CRLF after a chunk");
                }
            }
        }

        private List<String> lines() {
            List<String> lines = new ArrayList<>();
            for (String line = line(); !line.isEmpty(); line = line()) {
                lines.add(line);
            }
            return lines;
        }

        private String line() {
            int end = text.indexOf("\r\n", at);
            if (end < 0) {
                throw new AssertionError("cut short at " + at + " of " + text.length() + ": " + text);
            }
            return cut(end, end + 2);
        }

        private String take(int count) {
            if (at + count > text.length()) {
                throw new AssertionError("body cut short: " + count + " wanted, " + (text.length() - at) + " there");
            }
            return cut(at + count, at + count);
        }

        private String cut(int end, int next) {
            String piece = text.substring(at, end);
            at = next;
            return piece;
        }
    }
}
