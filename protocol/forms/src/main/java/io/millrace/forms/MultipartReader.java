// SPDX-License-Identifier: Apache-2.0
package io.millrace.forms;

import io.millrace.http.HttpException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Finds the parts of a multipart body (RFC 2046 section 5.1.1). What it refuses is an {@link IOException} whose cause
 * is the {@link HttpException}: streams can throw nothing else.
 */
final class MultipartReader {
    private static final int SIZE = 16 * 1024;

    private final InputStream in;
    private final byte[] delimiter;
    private final int mostHead;
    private final byte[] buffer = new byte[SIZE];
    private int head;
    private int tail;
    private boolean over;

    MultipartReader(InputStream in, String boundary, int mostHead) {
        this.in = in;
        this.delimiter = ("\r\n--" + boundary).getBytes(StandardCharsets.ISO_8859_1);
        this.mostHead = mostHead;
        // The first delimiter may be the very first thing.
        buffer[0] = '\r';
        buffer[1] = '\n';
        tail = 2;
    }

    /** Skips to the next part and returns its header fields, {@code null} if there is none. */
    @Nullable
    String nextHead() throws IOException {
        if (over) {
            return null;
        }
        for (int count = content(); count > 0; count = content()) {
            head += count;
        }
        head += delimiter.length;
        int first = take();
        if (take() == '-' && first == '-') {
            over = true;
            return null;
        }
        head -= 2;
        String line = line(mostHead);
        if (!line.isBlank()) {
            throw malformed("something follows a boundary");
        }
        StringBuilder lines = new StringBuilder();
        for (line = line(mostHead); !line.isEmpty(); line = line(mostHead - lines.length())) {
            lines.append(line).append('\n');
        }
        return lines.toString();
    }

    /** Returns up to {@code length} bytes of the part, -1 at its end. */
    int read(byte[] into, int offset, int length) throws IOException {
        int count = Math.min(content(), length);
        if (count == 0) {
            return length == 0 ? 0 : -1;
        }
        System.arraycopy(buffer, head, into, offset, count);
        head += count;
        return count;
    }

    // How many of the next bytes are certain to be content: 0 if a delimiter begins here.
    private int content() throws IOException {
        while (true) {
            int found = find();
            int certain = found >= 0 ? found - head : tail - head - delimiter.length + 1;
            if (found >= 0 || certain > 0) {
                return certain;
            }
            fill();
        }
    }

    private int find() {
        for (int at = head; at <= tail - delimiter.length; at++) {
            int i = 0;
            while (i < delimiter.length && buffer[at + i] == delimiter[i]) {
                i++;
            }
            if (i == delimiter.length) {
                return at;
            }
        }
        return -1;
    }

    private int take() throws IOException {
        while (head == tail) {
            fill();
        }
        return buffer[head++];
    }

    private String line(int most) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = take(); c != '\n'; c = take()) {
            if (line.length() >= most) {
                throw new IOException(new HttpException(431, "the fields of a part are too long"));
            }
            line.append((char) (c & 0xff));
        }
        if (line.isEmpty() || line.charAt(line.length() - 1) != '\r') {
            throw malformed("a line does not end with CRLF");
        }
        // Browsers send names of files as UTF-8.
        byte[] bytes = line.substring(0, line.length() - 1).getBytes(StandardCharsets.ISO_8859_1);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private void fill() throws IOException {
        // At most two bytes that take() has given are wanted again.
        int keep = Math.max(0, Math.min(head, 2));
        System.arraycopy(buffer, head - keep, buffer, 0, tail - head + keep);
        tail = tail - head + keep;
        head = keep;
        int count = in.read(buffer, tail, buffer.length - tail);
        if (count < 0) {
            throw malformed("the body ends within a part");
        }
        tail += count;
    }

    private static IOException malformed(String why) {
        return new IOException(new HttpException(400, "the multipart body is malformed: " + why));
    }
}
