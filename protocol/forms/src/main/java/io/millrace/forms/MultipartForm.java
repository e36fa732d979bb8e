// SPDX-License-Identifier: Apache-2.0
package io.millrace.forms;

import io.millrace.http.HttpException;
import io.millrace.http.Request;
import io.millrace.http.RequestBody;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A body of {@code multipart/form-data} (RFC 7578), part after part as it comes in: nothing is stored that the caller
 * does not store. For handlers that may wait, one thread at a time.
 *
 * <pre>{@code
 * MultipartForm parts = MultipartForm.of(request).mostBytes(100 << 20);
 * for (Part part = parts.next(); part != null; part = parts.next()) {
 *     if (part.isFile()) {
 *         part.saveTo(folder.resolve(UUID.randomUUID().toString()));
 *     }
 * }
 * }</pre>
 */
public final class MultipartForm {
    private static final String TYPE = "multipart/form-data";
    private static final int LONGEST_BOUNDARY = 70;

    private final Request request;
    private final String boundary;
    private int mostParts = 100;
    private int mostHead = 8 * 1024;
    private long mostBytes = 16L << 20;
    private int count;
    private @Nullable MultipartReader reader;
    private @Nullable Part current;

    private MultipartForm(Request request, String boundary) {
        this.request = request;
        this.boundary = boundary;
    }

    /**
     * Returns the parts of a request's body. Nothing is read yet.
     *
     * @throws HttpException 415 if the body is of another type or has a content coding, 400 if its type has no proper
     *     boundary
     */
    public static MultipartForm of(Request request) throws HttpException {
        String type = request.header("Content-Type");
        if (type == null || !type.split(";", 2)[0].strip().equalsIgnoreCase(TYPE)) {
            throw new HttpException(415, "expected " + TYPE);
        }
        RequestBody.checkPlain(request);
        String boundary = HeaderParameters.of(type, "boundary");
        if (boundary == null || boundary.isEmpty() || boundary.length() > LONGEST_BOUNDARY) {
            throw new HttpException(400, "the multipart body has no boundary");
        }
        return new MultipartForm(request, boundary);
    }

    /** Sets how many parts there may be, 100 if never set; one more is answered with 413. */
    public MultipartForm mostParts(int parts) {
        mostParts = parts;
        return this;
    }

    /** Sets how many bytes each part may have, 16 MiB if never set; more are answered with 413. */
    public MultipartForm mostBytes(long bytes) {
        mostBytes = bytes;
        return this;
    }

    /** Sets how many bytes the header fields of each part may have, 8 KiB if never set; more are answered with 431. */
    public MultipartForm mostHead(int bytes) {
        mostHead = bytes;
        return this;
    }

    /**
     * Waits for the next part, {@code null} at the end. What has not been read of the one before is dropped. Not on the
     * loop.
     *
     * @throws HttpException 413 or 431 beyond a limit, 400 if the body is malformed
     * @throws IOException if the client does not send it whole
     */
    public @Nullable Part next() throws IOException, HttpException {
        if (reader == null) {
            reader = new MultipartReader(request.body().stream(), boundary, mostHead);
        }
        try {
            if (current != null) {
                current.drop();
            }
            String head = reader.nextHead();
            current = head == null ? null : part(head, reader);
            return current;
        } catch (IOException e) {
            throw status(e);
        }
    }

    private Part part(String head, MultipartReader from) throws HttpException {
        if (++count > mostParts) {
            throw new HttpException(413, "the body has more than " + mostParts + " parts");
        }
        String disposition = Part.field(head, "Content-Disposition");
        boolean form =
                disposition != null && disposition.toLowerCase(Locale.ROOT).startsWith("form-data");
        String name = disposition == null || !form ? null : HeaderParameters.of(disposition, "name");
        if (disposition == null || name == null) {
            throw new HttpException(400, "a part of the body has no name");
        }
        return new Part(name, HeaderParameters.of(disposition, "filename"), head, from, mostBytes);
    }

    /** Returns what to throw: the status that a reader has found, which it can only say as a cause. */
    static IOException status(IOException e) throws HttpException {
        if (e.getCause() instanceof HttpException http) {
            throw http;
        }
        return e;
    }
}
