// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import io.millrace.core.Buffer;
import io.millrace.core.OpenFile;
import io.millrace.http.FieldList;
import io.millrace.http.Request;
import io.millrace.http.Response;
import io.millrace.http.ResponseStream;
import io.millrace.http.ResponseWrapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A response whose content is compressed if that is worth it and the client accepts it. Everything is decided when the
 * handler sends: then status and fields are known.
 */
final class EncodedResponse extends ResponseWrapper {
    private static final String ENCODING = "Content-Encoding";
    private static final String TYPE = "Content-Type";
    private static final String TAG = "ETag";

    private final Request request;
    private final Response response;
    private final AcceptedCodings accepted;
    private final CompressionFilter filter;
    private final Compression compression;
    private final boolean head;
    private Request seen;
    private @Nullable String conditions;
    private boolean varies;
    private boolean deferred;
    private @Nullable EncodedStream stream;

    EncodedResponse(Request request, Response response, AcceptedCodings accepted, CompressionFilter filter) {
        super(request, response);
        this.request = request;
        this.response = response;
        this.seen = request;
        this.accepted = accepted;
        this.filter = filter;
        this.compression = filter.compression();
        this.head = request.method().equals("HEAD");
        this.conditions = accepted.coding() == null ? null : request.headers().joined("If-None-Match");
    }

    /** The handler sees another request than the client's. */
    void seen(Request edited) {
        seen = edited;
    }

    /** The handler has returned: a stream that is not deferred ends. */
    void returned() throws IOException {
        if (stream != null && !deferred) {
            stream.close();
        }
    }

    // ---- what is decided

    /**
     * Decides about a content of that length, -1 where it is unknown, and sets the fields that follow from it. Returns
     * the coding, or {@code null} for none.
     */
    private @Nullable ContentCoding decide(long length) {
        int status = response.status();
        boolean fixed =
                status < 200 || status == 204 || status == 205 || status == 206 || response.header(ENCODING) != null;
        if (status == 304) {
            notModified();
        }
        if (status == 206 && response.header(ENCODING) == null && !isUntouchable()) {
            varyAsWhole();
        }
        if (fixed || status == 304 || isUntouchable()) {
            return null;
        }
        boolean compressible = compression.isCompressible(response.header(TYPE));
        if (compressible) {
            vary();
        }
        boolean worth = compressible && (length < 0 || length >= compression.minLength());
        return worth || (accepted.refusesPlain() && length != 0) ? accepted.coding() : null;
    }

    // A proxy must not change it either, or it has a digest of what it is, or a secret in it.
    private boolean isUntouchable() {
        return FieldList.contains(response.header("Cache-Control"), "no-transform")
                || response.header("Content-Digest") != null
                || response.header("Repr-Digest") != null
                || response.header("Content-MD5") != null
                || Compression.isLeftPlain(request);
    }

    private void vary() {
        if (!varies) {
            varies = true;
            response.header("Vary", "Accept-Encoding");
        }
    }

    /** A part has the Vary of the whole (RFC 9110 section 15.3.7), whose type several parts do not tell. */
    private void varyAsWhole() {
        String type = response.header(TYPE);
        if (compression.isCompressible(type) || (type != null && type.startsWith("multipart/byteranges"))) {
            vary();
        }
    }

    /** The client has a content with the tag that it was given: of the coded one, if it named that. */
    private void notModified() {
        vary();
        String tag = response.header(TAG);
        ContentCoding coding = accepted.coding();
        if (tag != null && conditions != null && coding != null) {
            String coded = coded(tag, coding);
            if (conditions.contains(coded)) {
                response.setHeader(TAG, coded);
            }
        }
    }

    /** Sets the fields of a content that is coded (RFC 9110 section 8.8.3.3: another content has another tag). */
    private void mark(ContentCoding coding) {
        vary();
        response.setHeader(ENCODING, coding.token());
        String tag = response.header(TAG);
        if (tag != null) {
            response.setHeader(TAG, coded(tag, coding));
        }
        if (response.header("Accept-Ranges") != null) {
            response.setHeader("Accept-Ranges", "none");
        }
    }

    private static String coded(String tag, ContentCoding coding) {
        boolean quoted = tag.length() >= 2 && tag.endsWith("\"");
        return quoted ? tag.substring(0, tag.length() - 1) + coding.suffix() + '"' : tag;
    }

    /** Refuses a client that takes nothing that there is; {@code false} if it takes the content as it is. */
    private boolean refused(long length) {
        boolean plain = response.status() == 200 && length != 0 && response.header(ENCODING) == null;
        if (!plain || !accepted.refusesPlain()) {
            return false;
        }
        vary();
        byte[] text = "406 Not Acceptable\n".getBytes(StandardCharsets.US_ASCII);
        response.status(406).setHeader(TYPE, "text/plain; charset=utf-8");
        response.send(text);
        return true;
    }

    // ---- contents that are there

    @Override
    public void send() {
        decide(0);
        response.send();
    }

    @Override
    public void send(byte[] body, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, body.length);
        ContentCoding coding = decide(length);
        EncodedContents.Key key =
                coding == null ? null : EncodedContents.key(body, offset, length, response.header(TAG), coding);
        if (!sendKept(coding, key) && !sendEncoded(coding, key, body, offset, length) && !refused(length)) {
            response.send(body, offset, length);
        }
    }

    /** Sends what was compressed before, or to HEAD the head of it. */
    private boolean sendKept(@Nullable ContentCoding coding, EncodedContents.@Nullable Key key) {
        if (coding == null) {
            return false;
        }
        byte[] kept = filter.contents().get(key);
        if (head) {
            mark(coding);
            response.sendHead(kept == null ? -1 : kept.length);
            return true;
        }
        if (kept == null) {
            return false;
        }
        mark(coding);
        response.send(kept);
        return true;
    }

    private boolean sendEncoded(
            @Nullable ContentCoding coding, EncodedContents.@Nullable Key key, byte[] body, int offset, int length) {
        EncoderHold encoder = coding == null ? null : filter.open(coding);
        if (coding == null || encoder == null) {
            return false;
        }
        if (length > EncodedStream.SLICE) {
            sendInPieces(coding, key, encoder, out -> out.writeLasting(body, offset, length));
            return true;
        }
        byte[] encoded;
        try {
            Buffer out = new Buffer(length / 2 + 64);
            encoder.encode(body, offset, length, out);
            encoder.finish(out);
            encoded = out.toBytes();
        } finally {
            encoder.end();
        }
        mark(coding);
        filter.contents().put(key, encoded);
        response.send(encoded);
        return true;
    }

    /** What writes a content into a stream. */
    private interface Writer {
        void write(EncodedStream out) throws IOException;
    }

    private void sendInPieces(
            ContentCoding coding, EncodedContents.@Nullable Key key, EncoderHold encoder, Writer writer) {
        EncodedRecord kept = key == null ? null : new EncodedRecord(filter.contents(), key);
        EncodedStream out = begin(coding, encoder, kept, -1);
        try {
            writer.write(out);
            out.close();
        } catch (IOException e) {
            out.fail(e);
        }
    }

    private EncodedStream begin(
            ContentCoding coding, EncoderHold encoder, @Nullable EncodedRecord kept, long announced) {
        EncodedStream out;
        try {
            mark(coding);
            out = new EncodedStream(response.stream(), encoder, kept, announced, this::goesOn, response::abort);
        } catch (RuntimeException | Error e) {
            encoder.end();
            throw e;
        }
        response.onComplete(out::release);
        return out;
    }

    // What waits in a queue is written after the handler has returned.
    private void goesOn() {
        if (!deferred) {
            response.defer();
        }
    }

    @Override
    public void send(OpenFile file, long from, long count) {
        boolean whole = from == 0 && count == file.size();
        ContentCoding coding;
        EncodedContents.Key key;
        EncoderHold encoder = null;
        try {
            coding = decide(count);
            key = coding != null && whole ? EncodedContents.key(file.info(), coding, Instant.now()) : null;
            if (sendKept(coding, key)) {
                file.close();
                return;
            }
            encoder = coding == null ? null : filter.open(coding);
            if (encoder == null && refused(count)) {
                file.close();
                return;
            }
        } catch (RuntimeException | Error e) {
            file.close();
            throw e;
        }
        if (coding == null || encoder == null) {
            response.send(file, from, count);
        } else {
            sendFile(coding, key, encoder, file, from, count);
        }
    }

    private void sendFile(
            ContentCoding coding,
            EncodedContents.@Nullable Key key,
            EncoderHold encoder,
            OpenFile file,
            long from,
            long count) {
        try {
            sendInPieces(coding, key, encoder, out -> out.transfer(file.hold(), from, count));
        } finally {
            file.close();
        }
    }

    @Override
    public void send(Path file) throws IOException {
        send(file, seen, this);
    }

    // ---- streams

    @Override
    public ResponseStream stream() {
        return stream(-1, response::stream);
    }

    @Override
    public ResponseStream stream(long length) {
        if (length < 0) {
            throw new IllegalArgumentException("not a length: " + length);
        }
        return stream(length, () -> response.stream(length));
    }

    private ResponseStream stream(long length, Supplier<ResponseStream> plain) {
        ContentCoding coding = decide(length);
        if (coding != null && head) {
            mark(coding);
            return response.stream();
        }
        EncoderHold encoder = coding == null ? null : filter.open(coding);
        if (coding == null || encoder == null) {
            return plain.get();
        }
        stream = begin(coding, encoder, null, length);
        return stream;
    }

    @Override
    public void sendHead(long length) {
        ContentCoding coding = decide(length);
        if (coding == null) {
            response.sendHead(length);
        } else {
            mark(coding);
            response.sendHead(-1);
        }
    }

    // ---- fields, and what is told of the handler

    @Override
    public Response header(String name, String value) {
        response.header(name, value);
        noteVary(name, value);
        return this;
    }

    @Override
    public Response setHeader(String name, String value) {
        response.setHeader(name, value);
        varies &= !name.equalsIgnoreCase("Vary");
        noteVary(name, value);
        return this;
    }

    private void noteVary(String name, String value) {
        varies |= name.equalsIgnoreCase("Vary")
                && (FieldList.contains(value, "Accept-Encoding") || FieldList.contains(value, "*"));
    }

    @Override
    public Response defer() {
        deferred = true;
        response.defer();
        return this;
    }

    @Override
    public void fail(Throwable e) {
        response.fail(UndecodableBodyException.answer(e));
    }
}
