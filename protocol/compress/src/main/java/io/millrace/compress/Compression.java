// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import io.millrace.http.Request;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a server compresses, how, and what it does with requests that are compressed. Never changes; any number of
 * threads may use it. {@link CompressionFilter} does it.
 */
public final class Compression {
    private static final int MIN_LENGTH = 860;
    private static final long CACHE = 32L << 20;
    private static final int MOST_ENCODERS = 1024;
    private static final String PLAIN = Compression.class.getName() + ".plain";

    /** What gets smaller, beside {@code text/*} and names that end with {@code +json} or {@code +xml}. */
    private static final Set<String> USUAL = Set.of(
            "application/json",
            "application/javascript",
            "application/x-javascript",
            "application/xml",
            "application/x-ndjson",
            "application/wasm",
            "application/yaml",
            "application/vnd.ms-fontobject",
            "application/graphql",
            "font/ttf",
            "font/otf",
            "image/bmp",
            "image/x-icon",
            "image/vnd.microsoft.icon");

    private static final String EVENTS = "text/event-stream";

    /** gzip at level 4 of what usually gets smaller, from 860 bytes on; requests that are compressed are refused. */
    public static final Compression DEFAULT = new Compression(
            List.of(new GzipCoding(GzipCoding.USUAL_LEVEL)), MIN_LENGTH, Set.of(), CACHE, MOST_ENCODERS, 0, false);

    private final List<ContentCoding> codings;
    private final int minLength;
    private final Set<String> types;
    private final long cache;
    private final int mostEncoders;
    private final long inflateLimit;
    private final boolean codedRequests;

    private Compression(
            List<ContentCoding> codings,
            int minLength,
            Set<String> types,
            long cache,
            int mostEncoders,
            long inflateLimit,
            boolean codedRequests) {
        this.codings = codings;
        this.minLength = minLength;
        this.types = types;
        this.cache = cache;
        this.mostEncoders = mostEncoders;
        this.inflateLimit = inflateLimit;
        this.codedRequests = codedRequests;
    }

    /** Returns this with other codings, the best first: of those that a client likes equally the first is chosen. */
    public Compression withCodings(ContentCoding... value) {
        return new Compression(List.of(value), minLength, types, cache, mostEncoders, inflateLimit, codedRequests);
    }

    /**
     * Returns this with another length from which on contents are compressed; those of unknown length always are.
     *
     * @param value bytes, 860 by default: what is shorter fits into a packet or two either way
     * @throws IllegalArgumentException if it is negative
     */
    public Compression withMinLength(int value) {
        if (value < 0) {
            throw new IllegalArgumentException("not a length: " + value);
        }
        return new Compression(codings, value, types, cache, mostEncoders, inflateLimit, codedRequests);
    }

    /**
     * Returns this with more media types that are compressed, such as {@code text/event-stream}, which is not by
     * default: each event then costs a flush of the compressor.
     */
    public Compression withTypes(String... value) {
        Set<String> more = new HashSet<>(types);
        Arrays.stream(value).map(type -> type.toLowerCase(Locale.ROOT)).forEach(more::add);
        return new Compression(codings, minLength, Set.copyOf(more), cache, mostEncoders, inflateLimit, codedRequests);
    }

    /**
     * Returns this with another bound for the contents of files that are kept compressed.
     *
     * @param bytes of all of them, 32 MiB by default; one may have an eighth of it
     */
    public Compression withCache(long bytes) {
        return new Compression(codings, minLength, types, bytes, mostEncoders, inflateLimit, codedRequests);
    }

    /**
     * Returns this with another bound for how many contents are compressed at one time: each takes about 300 KB. Beyond
     * it contents are sent as they are.
     *
     * @param value 1,024 by default
     */
    public Compression withMostEncoders(int value) {
        return new Compression(codings, minLength, types, cache, value, inflateLimit, codedRequests);
    }

    /**
     * Returns this with requests decompressed before handlers see them, those coded with gzip. By default a request
     * whose body is coded is answered with 415.
     *
     * @param limit the bytes that a body may have when it is decompressed; a longer one is answered with 413
     * @throws IllegalArgumentException if it is not positive
     */
    public Compression withInflate(long limit) {
        if (limit <= 0) {
            throw new IllegalArgumentException("not a limit: " + limit);
        }
        return new Compression(codings, minLength, types, cache, mostEncoders, limit, false);
    }

    /** Returns this with requests that are coded handed to handlers as they are, for handlers that decode them. */
    public Compression withCodedRequests() {
        return new Compression(codings, minLength, types, cache, mostEncoders, 0, true);
    }

    /**
     * Leaves the answer to a request as it is, whatever the client accepts: for pages that hold a secret together with
     * what a client has sent, whose compressed size would tell (BREACH). To be called before the answer is sent.
     */
    public static void leavePlain(Request request) {
        request.attribute(PLAIN, Boolean.TRUE);
    }

    static boolean isLeftPlain(Request request) {
        return request.attribute(PLAIN) != null;
    }

    List<ContentCoding> codings() {
        return codings;
    }

    int minLength() {
        return minLength;
    }

    long cache() {
        return cache;
    }

    int mostEncoders() {
        return mostEncoders;
    }

    /** Returns the limit for bodies that are decompressed, 0 for none that is. */
    long inflateLimit() {
        return inflateLimit;
    }

    boolean takesCodedRequests() {
        return codedRequests;
    }

    /** Returns whether contents of a type get smaller; {@code null} is unknown and left alone. */
    boolean isCompressible(@Nullable String contentType) {
        if (contentType == null) {
            return false;
        }
        int end = contentType.indexOf(';');
        String type =
                (end < 0 ? contentType : contentType.substring(0, end)).trim().toLowerCase(Locale.ROOT);
        boolean usual = (type.startsWith("text/") && !type.equals(EVENTS))
                || type.endsWith("+json")
                || type.endsWith("+xml")
                || USUAL.contains(type);
        return usual || types.contains(type);
    }
}
