// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.LineEnd;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.core.SharedBytes;
import io.millrace.core.TimeLimit;
import io.millrace.link.Flush;
import io.millrace.link.LayerProtocol;
import io.millrace.link.LinkFilter;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A connection as callbacks, for programs without a class of their own for a protocol:
 *
 * <pre>
 *   group.listen(ListenOptions.on(address), () -&gt; Stream.each(stream -&gt; stream
 *           .onLine(LineEnd.CRLF, 1000, line -&gt; stream.write(line.toUpperCase() + "\r\n"))
 *           .onEnd(stream::close)));
 * </pre>
 *
 * <p>All callbacks come on the thread of the loop, one after the other, never from within a verb. The verbs are for
 * that thread, too; from others {@link #execute} leads there, and {@link #output} is a stream for those that may wait.
 * What is written leaves at the end of the loop's turn, all of it in one call where possible. An exception out of a
 * callback ends the connection.
 */
public final class ByteStream implements Executor {
    private final Carried carried = new Carried();
    private final Consumer<ByteStream> setup;

    @SuppressWarnings("NullAway.Init") // opened
    private Link link;

    private Consumer<Buffer> data = in -> in.consume(in.readable());
    private Runnable end = this::close;
    private Runnable drained = () -> {};
    private Consumer<TimeLimit> late = which -> close();
    private Runnable stopping = this::close;
    private Consumer<CloseCause> closed = why -> {};
    private @Nullable ByteStreamOutput output;

    /** Input is paused: no further line of what has come is shown. */
    private boolean held;

    /** Closed by the user: nothing more is shown. */
    private boolean over;

    private ByteStream(Consumer<ByteStream> setup) {
        this.setup = setup;
    }

    /** A factory for listeners: {@code setup} sets the callbacks of each new connection. */
    public static ProtocolFactory each(Consumer<ByteStream> setup) {
        return () -> protocol(setup);
    }

    /** The protocol for one connection, such as one that is about to be made; {@code setup} runs when it stands. */
    public static Protocol protocol(Consumer<ByteStream> setup) {
        return new ByteStream(setup).carried;
    }

    // ---- what happens ----

    /**
     * Bytes have come: consume what is whole and leave the rest, which comes again with more behind it. Without it,
     * input is dropped.
     */
    public ByteStream onData(Consumer<Buffer> callback) {
        data = callback;
        return this;
    }

    /**
     * A whole line has come, here without its end, a character for each byte of it. Instead of {@link #onData}; text
     * that lacks its end when the peer has ended is no line. One longer than {@code longest} bytes ends the connection.
     */
    public ByteStream onLine(LineEnd end, int longest, Consumer<String> callback) {
        data = new Lines(end, longest, callback);
        return this;
    }

    /** The peer sends nothing more, but may still read. Without it, the stream is closed once all has been sent. */
    public ByteStream onEnd(Runnable callback) {
        end = callback;
        return this;
    }

    /** What was written has left, or all but the low mark: a producer with more to write may go on. */
    public ByteStream onDrained(Runnable callback) {
        drained = callback;
        return this;
    }

    /** A {@link io.millrace.core.Flow#timeout time limit} has passed. Without it, the stream is closed. */
    public ByteStream onLate(Consumer<TimeLimit> callback) {
        late = callback;
        return this;
    }

    /** The server is shutting down. Without it, the stream is closed once all has been sent. */
    public ByteStream onStopping(Runnable callback) {
        stopping = callback;
        return this;
    }

    /** The connection has ended, for that reason: the last that is heard of it. Errors come here, too. */
    public ByteStream onClosed(Consumer<CloseCause> callback) {
        closed = callback;
        return this;
    }

    // ---- what to do ----

    /** Sends a text in UTF-8. */
    public ByteStream write(String text) {
        link.out().appendUtf8(text);
        link.flush();
        return this;
    }

    /** Sends a copy of the bytes. */
    public ByteStream write(byte[] bytes) {
        link.out().append(bytes);
        link.flush();
        return this;
    }

    /** Sends a copy of what {@code bytes} has to read, which stays there. */
    public ByteStream write(Buffer bytes) {
        link.out().append(bytes);
        link.flush();
        return this;
    }

    /** Sends a body without a copy: see {@link Link#transfer(SharedBytes)}. */
    public ByteStream write(SharedBytes body) {
        link.transfer(body);
        link.flush();
        return this;
    }

    /**
     * Sends part of a file, and takes over the caller's hold on it: see {@link Link#transfer(OpenFile, long, long)}.
     */
    public ByteStream write(OpenFile file, long from, long count) {
        link.transfer(file, from, count);
        link.flush();
        return this;
    }

    /** Where to append by hand; {@link #flush} sends it. */
    public Buffer out() {
        return link.out();
    }

    /**
     * Sends what is in {@link #out}; a filter keeps nothing back for {@code FLUSH}, and ends our direction for
     * {@code FINISHED}.
     */
    public ByteStream flush(Flush mode) {
        LayerProtocol.flush(link, mode);
        return this;
    }

    /**
     * Whether what waits to be sent is below the high mark. Nothing is lost if not, but it takes memory:
     * {@link #onDrained} tells when to go on.
     */
    public boolean writable() {
        return link.writable();
    }

    /** Has the callback for data called once more with what it has left, even if nothing new has come. */
    public ByteStream trigger() {
        return pause(false);
    }

    /** Stops the input, and with it the peer, or goes on. */
    public ByteStream pause(boolean on) {
        held = on;
        link.pause(on);
        return this;
    }

    /**
     * Puts a filter below the stream from here on: what is written and what comes is transformed by it. Filters can
     * stand on one another. Limits and marks that were set before end ({@link Link#switchProtocol}): set them after.
     */
    public ByteStream filter(LinkFilter filter) {
        link.switchProtocol(new LayerProtocol(filter, carried));
        return this;
    }

    /** Hands the connection to another protocol; this stream hears nothing more. */
    public void become(Protocol next) {
        link.switchProtocol(next);
    }

    /** Closes our direction once everything has left; the peer may go on. */
    public void finish() {
        link.shutdownOutput();
    }

    /** Ends the connection once everything has left. */
    public void close() {
        over = true;
        link.close(CloseMode.FLUSHED);
    }

    /** Ends the connection at once, so that the peer knows it was broken off. */
    public void abort() {
        over = true;
        link.close(CloseMode.ABORT);
    }

    /** The link below, for everything else: marks, time limits, rates, addresses. */
    public Link link() {
        return link;
    }

    /**
     * For a thread that may wait, such as a virtual one: writing waits while too much waits to be sent, closing closes
     * our direction. Not for the loop's own thread. To be asked for on the loop, in the setup or a callback.
     */
    public OutputStream output() {
        if (output == null) {
            output = new ByteStreamOutput(this);
        }
        return output;
    }

    /** Runs a task on the loop, soon and in order. Any thread may call. */
    @Override
    public void execute(Runnable task) {
        link.execute(task);
    }

    @Override
    public String toString() {
        return "Stream[" + link + "]";
    }

    /** Cuts input into lines, looking at each byte once. */
    private final class Lines implements Consumer<Buffer> {
        private final LineEnd end;
        private final int longest;
        private final Consumer<String> callback;
        private int searched;

        Lines(LineEnd end, int longest, Consumer<String> callback) {
            this.end = end;
            this.longest = longest;
            this.callback = callback;
        }

        @Override
        public void accept(Buffer in) {
            while (data == this && !held && !over) {
                int length = in.lineEnd(end, Math.min(searched, in.readable()));
                if (length < 0 || length > longest) {
                    searched = in.readable();
                    if (Math.max(length, searched - 1) > longest) {
                        in.consume(in.readable());
                        over = true;
                        link.close(CloseMode.LINGERING);
                    }
                    return;
                }
                searched = 0;
                int width = in.endWidth(end, length);
                String line = new String(in.array(), in.head(), length, StandardCharsets.ISO_8859_1);
                in.consume(length + width);
                callback.accept(line);
            }
            // Another callback has taken over in the middle of it.
            if (data != this && !in.isEmpty() && !over) {
                data.accept(in);
            }
        }
    }

    /** What the link is given. */
    private final class Carried implements Protocol {

        @Override
        public void opened(Link now) {
            boolean first = link == null;
            link = now;
            if (first) {
                setup.accept(ByteStream.this);
            }
        }

        @Override
        public void receive(Buffer in, Link now) {
            data.accept(in);
        }

        @Override
        public void inputClosed(Link now) {
            end.run();
        }

        @Override
        public void drained(Link now) {
            if (output != null) {
                output.drained();
            }
            drained.run();
        }

        @Override
        public void timedOut(Link now, TimeLimit which) {
            late.accept(which);
        }

        @Override
        public void shuttingDown(Link now) {
            stopping.run();
        }

        @Override
        public void closed(CloseCause why) {
            if (output != null) {
                output.closed(why);
            }
            closed.accept(why);
        }
    }
}
