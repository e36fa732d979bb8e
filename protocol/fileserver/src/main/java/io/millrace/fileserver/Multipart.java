// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.core.OpenFile;
import io.millrace.http.Response;
import io.millrace.http.ResponseStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Several pieces of a file in one body, {@code multipart/byteranges} (RFC 9110 section 14.6).
 *
 * <pre>
 *   --boundary CRLF  Content-Type, Content-Range  CRLF CRLF  bytes  CRLF
 *   --boundary CRLF  ...                                     bytes  CRLF
 *   --boundary-- CRLF
 * </pre>
 */
final class Multipart {
    private static final SecureRandom RANDOM = new SecureRandom();

    private final String boundary;
    private final List<ByteRanges.Piece> pieces;
    private final List<byte[]> heads = new ArrayList<>();
    private final byte[] end;

    /**
     * A body to be.
     *
     * @param type the media type of the whole
     * @param size its length in bytes
     */
    Multipart(String type, long size, List<ByteRanges.Piece> pieces) {
        this.boundary = boundary();
        this.pieces = pieces;
        for (ByteRanges.Piece piece : pieces) {
            heads.add(ascii((heads.isEmpty() ? "" : "\r\n") + "--" + boundary + "\r\nContent-Type: " + type
                    + "\r\nContent-Range: " + contentRange(piece, size) + "\r\n\r\n"));
        }
        this.end = ascii("\r\n--" + boundary + "--\r\n");
    }

    /** 144 random bits: the writer of the file cannot know them, and chance will not hit them. */
    private static String boundary() {
        byte[] bits = new byte[18];
        RANDOM.nextBytes(bits);
        return HexFormat.of().formatHex(bits);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** The Content-Range value of a piece of {@code size} bytes. */
    static String contentRange(ByteRanges.Piece piece, long size) {
        return "bytes " + piece.first() + "-" + piece.last() + "/" + size;
    }

    /** The Content-Type value of the body. */
    String type() {
        return "multipart/byteranges; boundary=" + boundary;
    }

    /** The length of the body in bytes. */
    long length() {
        long length = end.length;
        for (int i = 0; i < pieces.size(); i++) {
            length += heads.get(i).length + pieces.get(i).length();
        }
        return length;
    }

    /** Sends the body: from {@code content} if there is any, else from the file, whose hold stays the caller's. */
    void send(Response response, byte @Nullable [] content, @Nullable OpenFile file) throws IOException {
        try (ResponseStream stream = response.stream(length())) {
            for (int i = 0; i < pieces.size(); i++) {
                ByteRanges.Piece piece = pieces.get(i);
                stream.write(heads.get(i));
                if (content != null) {
                    stream.write(content, (int) piece.first(), (int) piece.length());
                } else {
                    stream.transfer(
                            Objects.requireNonNull(file, "what is not kept is read")
                                    .hold(),
                            piece.first(),
                            piece.length());
                }
            }
            stream.write(end);
        }
    }
}
