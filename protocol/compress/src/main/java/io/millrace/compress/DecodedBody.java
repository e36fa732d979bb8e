// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import io.millrace.http.HttpException;
import io.millrace.http.RequestBody;
import io.millrace.http.Response;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request as it was before its client compressed it. It is decompressed as it is read, and no further
 * than to its limit: a body that would become larger is answered with 413, one that is no gzip with 400.
 */
final class DecodedBody extends RequestBody {
    private final RequestBody body;
    private final Response response;
    private final long limit;
    private @Nullable DecodedReader reader;

    DecodedBody(RequestBody body, Response response, long limit) {
        this.body = body;
        this.response = response;
        this.limit = limit;
    }

    /** Returns 0 for a body that is empty as it was sent, else -1: how long it becomes is not known. */
    @Override
    public long length() {
        return body.length() == 0 ? 0 : -1;
    }

    @Override
    public void read(Reader target) {
        read(target, Long.MAX_VALUE);
    }

    @Override
    public void read(Reader target, long demand) {
        if (demand < 0) {
            throw new IllegalArgumentException("not a demand: " + demand);
        }
        reader = new DecodedReader(body, target, this::fail, limit, demand);
        body.read(reader, 1);
        response.onComplete(reader::release);
    }

    private void fail(int status) {
        response.fail(new HttpException(status));
    }

    @Override
    public void request(long n) {
        if (n <= 0) {
            throw new IllegalArgumentException("not a demand: " + n);
        }
        DecodedReader told = Objects.requireNonNull(reader, "the body has no reader");
        response.execute(() -> told.request(n));
    }

    @Override
    public void pause(boolean on) {
        DecodedReader told = reader;
        if (told == null) {
            body.pause(on);
        } else {
            response.execute(() -> told.pause(on));
        }
    }

    @Override
    public void collect(int most, Consumer<byte[]> done) {
        read(new DecodedReader.Whole((int) Math.min(most, limit), done, this::fail));
    }

    @Override
    public byte[] bytes(int most) throws IOException, HttpException {
        try (InputStream in = stream()) {
            byte[] bytes = in.readNBytes(most);
            if (bytes.length == most && in.read() >= 0) {
                throw new HttpException(413);
            }
            return bytes;
        }
    }

    @Override
    public <T> T as(Class<T> type) throws IOException, HttpException {
        return map(bytes(MAPPED), type);
    }

    @Override
    public <T> void as(Class<T> type, Consumer<? super T> done) {
        collect(MAPPED, bytes -> {
            T value;
            try {
                value = map(bytes, type);
            } catch (HttpException e) {
                response.fail(e);
                return;
            }
            done.accept(value);
        });
    }

    @Override
    public <T> T map(byte[] bytes, Class<T> type) throws HttpException {
        return body.map(bytes, type);
    }

    @Override
    public InputStream stream() {
        return new DecodedInput(body.stream(), limit);
    }
}
