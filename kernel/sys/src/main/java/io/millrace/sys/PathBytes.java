// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that the system knows names by, whatever the locale of the process says. Java encodes and decodes paths by
 * the charset of the locale; in the locale C that is ASCII, and what is beyond becomes question marks and replacement
 * characters: the name of another file.
 */
public final class PathBytes {
    private PathBytes() {}

    /**
     * The bytes of a text in UTF-8.
     *
     * @throws InvalidPathException if it has none, being half of a surrogate pair, or if it contains U+FFFD, which
     *     stands for bytes that could not be decoded
     */
    public static byte[] of(String text) {
        if (text.indexOf('\uFFFD') >= 0) {
            throw new InvalidPathException(text, "a character of it could not be decoded, which depends on the locale");
        }
        byte[] bytes = utf8(text);
        if (bytes == null) {
            throw new InvalidPathException(text, "half of a surrogate pair");
        }
        return bytes;
    }

    /**
     * A path as a text whose bytes in UTF-8 are those of the path, which may be relative.
     *
     * @throws UnsupportedOperationException if they are not UTF-8, or the path is not in the system's own file system
     */
    public static String text(Path path) {
        if (path.getFileSystem() != FileSystems.getDefault()) {
            throw new UnsupportedOperationException("not in the file system of this machine: " + path);
        }
        String shown = path.toString();
        String text = isAscii(shown) ? shown : text(fromUri(path));
        if (text == null) {
            throw new UnsupportedOperationException("the name is not UTF-8: " + path);
        }
        return text;
    }

    /** Bytes in UTF-8 as a text, {@code null} if they are not. */
    static @Nullable String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    /** A text in UTF-8, {@code null} if it cannot be encoded. */
    static byte @Nullable [] utf8(String text) {
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            byte[] bytes = new byte[encoded.remaining()];
            encoded.get(bytes);
            return bytes;
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    private static boolean isAscii(String text) {
        return text.chars().allMatch(c -> c < 0x80);
    }

    /** A path keeps the bytes that it was made of, and shows them in its URI, percent-encoded. */
    private static byte[] fromUri(Path path) {
        Path absolute =
                path.isAbsolute() ? path : path.getFileSystem().getPath("/").resolve(path);
        String raw = absolute.toUri().getRawPath();
        // The URI of a directory ends with a slash.
        int end = raw.endsWith("/") ? raw.length() - 1 : raw.length();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(end);
        for (int i = path.isAbsolute() ? 0 : 1; i < end; i++) {
            char c = raw.charAt(i);
            boolean encoded = c == '%';
            bytes.write(encoded ? Integer.parseInt(raw, i + 1, i + 3, 16) : c);
            i += encoded ? 2 : 0;
        }
        return bytes.toByteArray();
    }
}
