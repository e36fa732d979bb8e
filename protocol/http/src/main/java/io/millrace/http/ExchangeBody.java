// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The request's body between the wire format, which offers it on the loop, and one reader. Every way to read is a
 * {@link RequestBody.Reader} in the end; the waiting ones have a {@link BodyPipe} between them and the loop.
 */
final class ExchangeBody extends RequestBody {
    // Shared, since most bodies that end early are not looked at.
    private static final IOException OVER = new IOException("the exchange is over");
    private static final IOException BROKEN_OFF = new ClientAbortException("the connection has ended");

    private final Exchange exchange;
    private final FieldBlock trailers = new FieldBlock();
    private long length;
    private boolean claimed;

    // The loop's side.
    private @Nullable Reader reader;
    private boolean paused;
    private long demand;
    private boolean arrived;
    private boolean told;
    private @Nullable IOException failure;

    ExchangeBody(Exchange exchange) {
        this.exchange = exchange;
    }

    void begin(long newLength) {
        length = newLength;
        arrived = newLength == 0;
        claimed = false;
        reader = null;
        paused = false;
        demand = 0;
        told = false;
        failure = null;
        trailers.clear();
    }

    FieldBlock trailers() {
        return trailers;
    }

    boolean isClaimed() {
        return claimed;
    }

    // ---- the handler's side

    @Override
    public long length() {
        return length;
    }

    @Override
    public void read(Reader newReader) {
        read(newReader, Long.MAX_VALUE);
    }

    @Override
    public void read(Reader newReader, long newDemand) {
        if (newDemand < 0) {
            throw new IllegalArgumentException("not a demand: " + newDemand);
        }
        claim();
        if (exchange.dispatch().isInline()) {
            exchange.response().defer();
        }
        if (!exchange.onLoop(() -> start(newReader, newDemand))) {
            newReader.failed(OVER);
        }
    }

    @Override
    public void request(long n) {
        if (n <= 0) {
            throw new IllegalArgumentException("not a demand: " + n);
        }
        exchange.onLoop(() -> demand(n));
    }

    @Override
    public void pause(boolean on) {
        exchange.onLoop(() -> hold(on));
    }

    @Override
    public void collect(int limit, Consumer<byte[]> done) {
        exchange.response().defer();
        if (length > limit) {
            exchange.response().failed(new HttpException(413));
        } else {
            read(new Whole(limit, done));
        }
    }

    @Override
    public byte[] bytes(int limit) throws IOException, HttpException {
        if (length > limit) {
            throw new HttpException(413);
        }
        try (InputStream in = stream()) {
            byte[] bytes = in.readNBytes(limit);
            if (bytes.length == limit && in.read() >= 0) {
                throw new HttpException(413);
            }
            return bytes;
        }
    }

    @Override
    public <T> T as(Class<T> type) throws IOException, HttpException {
        BodyMapper mapper = mapper();
        checkType(mapper);
        RequestBody.checkPlain(exchange.request());
        return mapped(mapper, bytes(MAPPED), type);
    }

    @Override
    public <T> T map(byte[] bytes, Class<T> type) throws HttpException {
        BodyMapper mapper = mapper();
        checkType(mapper);
        return mapped(mapper, bytes, type);
    }

    @Override
    public <T> void as(Class<T> type, Consumer<? super T> done) {
        BodyMapper mapper = mapper();
        collect(MAPPED, bytes -> {
            T value;
            try {
                checkType(mapper);
                RequestBody.checkPlain(exchange.request());
                value = mapped(mapper, bytes, type);
            } catch (HttpException e) {
                exchange.readerFailed(e);
                return;
            }
            done.accept(value);
        });
    }

    private BodyMapper mapper() {
        return exchange.context().bodyMapper();
    }

    // A client that says no type means the one that is expected.
    private void checkType(BodyMapper mapper) throws HttpException {
        String sent = exchange.request().header("Content-Type");
        if (sent != null && !sent.split(";", 2)[0].strip().equalsIgnoreCase(mapper.mediaType())) {
            throw new HttpException(415, "expected " + mapper.mediaType());
        }
    }

    private static <T> T mapped(BodyMapper mapper, byte[] bytes, Class<T> type) throws HttpException {
        try {
            return mapper.read(bytes, type);
        } catch (Exception e) {
            throw new HttpException(400, "the body is not the " + mapper.mediaType() + " that is expected");
        }
    }

    @Override
    public InputStream stream() {
        if (exchange.link().inLoop()) {
            throw new IllegalStateException(
                    "the loop cannot wait for a body: use read(Reader), or let the route run elsewhere (Dispatch.VIRTUAL)");
        }
        BodyPipe pipe = new BodyPipe(this);
        read(pipe);
        return pipe.stream();
    }

    private void claim() {
        if (claimed) {
            throw new IllegalStateException("the body has a reader already");
        }
        claimed = true;
    }

    Exchange exchange() {
        return exchange;
    }

    // ---- the loop's side

    private void start(Reader newReader, long newDemand) {
        reader = newReader;
        demand(newDemand);
    }

    private void demand(long more) {
        demand = demand + more < 0 ? Long.MAX_VALUE : demand + more;
        goOn();
    }

    /** Stops and restarts the reader. */
    void hold(boolean on) {
        if (paused != on) {
            paused = on;
            goOn();
        }
    }

    // The reader is never called from within its own call to this body: what is known already is told a little later.
    private void goOn() {
        if (arrived || failure != null) {
            exchange.execute(this::tell);
        } else {
            exchange.demandChanged();
        }
    }

    boolean wanted() {
        return reader != null && !paused && demand > 0 && !arrived && failure == null;
    }

    void offer(byte[] bytes, int offset, int count) {
        try {
            demand -= demand == Long.MAX_VALUE ? 0 : 1;
            Objects.requireNonNull(reader).data(bytes, offset, count);
            if (demand == 0) {
                goOn(); // no more is wanted for now
            }
        } catch (RuntimeException | Error e) {
            thrown(e);
        }
    }

    void arrived() {
        arrived = true;
        tell();
    }

    void fail(IOException why) {
        if (!arrived && failure == null) {
            failure = why;
            tell();
        }
    }

    /**
     * The exchange is over: a body that has not arrived by now will not.
     *
     * @param brokenOff whether the exchange ended without a whole answer
     */
    void over(boolean brokenOff) {
        fail(brokenOff ? BROKEN_OFF : OVER);
    }

    private void tell() {
        if (told || reader == null) {
            return;
        }
        try {
            if (failure != null) {
                told = true;
                reader.failed(failure);
            } else if (arrived && !paused) {
                told = true;
                reader.end();
            }
        } catch (RuntimeException | Error e) {
            thrown(e);
        }
    }

    private void thrown(Throwable e) {
        fail(new IOException("the reader of the body failed", e));
        exchange.readerFailed(e);
    }

    /** Gathers a whole body. */
    private final class Whole implements Reader {
        private final ByteArrayOutputStream gathered = new ByteArrayOutputStream();
        private final int limit;
        private final Consumer<byte[]> done;

        Whole(int limit, Consumer<byte[]> done) {
            this.limit = limit;
            this.done = done;
        }

        @Override
        public void data(byte[] bytes, int offset, int count) {
            if (count > limit - gathered.size()) {
                hold(true);
                exchange.readerFailed(new HttpException(413));
            } else {
                gathered.write(bytes, offset, count);
            }
        }

        @Override
        public void end() {
            done.accept(gathered.toByteArray());
        }

        // What made it fail has answered, or the client has gone.
        @Override
        public void failed(IOException why) {}
    }
}
