// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples.lessons;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A request in as much HTTP as the lesson needs: {@code GET /1000} asks for 1,000 bytes, {@code GET /} for the length
 * of the request itself.
 *
 * @param length bytes of head and body
 * @param answer what is sent for it, head and body
 * @param last whether the connection is closed after the answer
 */
record WebRequest(int length, String answer, boolean last) {
    private static final int LONGEST = 64 * 1024;
    private static final Pattern TARGET = Pattern.compile("[A-Z]+ /([0-9]{0,7}) HTTP/1\\.[01]\r\n");
    private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: *([0-9]{1,6}) *\r\n");
    private static final Pattern CLOSE = Pattern.compile("(?i) HTTP/1\\.0\r\n|\r\nconnection: *close *\r\n");

    /** Returns the request at the beginning of a buffer, or {@code null} if the rest of it is still to come. */
    static WebRequest first(byte[] buffer, int filled) {
        String text = new String(buffer, 0, filled, StandardCharsets.ISO_8859_1);
        int end = text.indexOf("\r\n\r\n");
        String head = end < 0 ? "" : text.substring(0, end + 4);
        Matcher bodyLength = LENGTH.matcher(head);
        int length = head.length() + (bodyLength.find() ? Integer.parseInt(bodyLength.group(1)) : 0);
        if (length > LONGEST || (end < 0 && filled >= LONGEST)) {
            return new WebRequest(filled, answer("413 Content Too Large", ""), true);
        }
        if (end < 0 || filled < length) {
            return null;
        }
        Matcher target = TARGET.matcher(head);
        if (!target.lookingAt()) {
            return new WebRequest(filled, answer("400 Bad Request", ""), true);
        }
        String size = target.group(1);
        String body = size.isEmpty() ? length + " bytes\n" : "x".repeat(Integer.parseInt(size));
        return new WebRequest(
                length, answer("200 OK", body), CLOSE.matcher(head).find());
    }

    private static String answer(String status, String body) {
        return "HTTP/1.1 " + status + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }
}
